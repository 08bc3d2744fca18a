package carve.api.tensor;

import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The gradients of primitives: the second of the three switches over {@link Op}, in terms of other primitives.
 *
 * <p>In each case {@code g} is the gradient of the result, and what is returned are the gradients of the operands, empty
 * where an operand has none (indices, masks) or none is wanted.
 */
final class Gradients {
    private Gradients() {}

    static List<Optional<Tensor>> of(Op op, List<Tensor> in, Tensor out, Tensor g, List<Boolean> wanted) {
        Tensor x = in.getFirst();
        return switch (op) {
            case Op.Unary unary -> one(unary(unary.function(), x, out, g));
            case Op.Binary binary -> binary(binary.function(), x, in.get(1), out, g, wanted);
            case Op.Compare compare -> none(2);
            case Op.Where where -> where(x, in.get(1), in.get(2), g, wanted);
            case Op.MatMul matmul -> matmul(matmul, x, in.get(1), g, wanted);
            case Op.Sum sum -> one(g.broadcastTo(x.shape()));
            case Op.Max max -> one(max(x, out, g, max.axis()));
            case Op.ArgMax argMax -> none(1);
            case Op.SumTo sumTo -> one(g.broadcastTo(x.shape()));
            case Op.BroadcastTo to -> one(g.sumTo(x.shape()));
            case Op.Reshape reshape -> one(g.reshape(x.shape()));
            case Op.Permute permute -> one(g.permute(inverse(permute.order())));
            case Op.Slice slice -> one(g.pad(slice.axis(), slice.from(), x.extent(slice.axis()) - slice.to()));
            case Op.Pad pad -> one(g.slice(pad.axis(), pad.before(), pad.before() + x.extent(pad.axis())));
            case Op.Concat concat -> concat(concat.axis(), in, g, wanted);
            case Op.CumulativeSum sum -> one(Tensors.apply(new Op.CumulativeSum(sum.axis(), !sum.reverse()), g));
            case Op.LowerTriangle triangle -> one(g.lowerTriangle(triangle.diagonal()));
            case Op.Gather gather ->
                List.of(Optional.of(Tensors.apply(new Op.ScatterAdd(x.extent(0)), in.get(1), g)), Optional.empty());
            case Op.ScatterAdd scatter -> List.of(Optional.empty(), Optional.of(g.gather(x)));
            case Op.Cast cast -> one(g.cast(x.dtype()));
        };
    }

    private static Tensor unary(UnaryFunction function, Tensor x, Tensor y, Tensor g) {
        return switch (function) {
            case NEGATE -> g.negate();
            case ABS -> Tensors.where(Tensors.apply(new Op.Compare(Op.Comparison.LESS), x, zero(x)), g.negate(), g);
            case EXP -> g.multiply(y);
            case LOG -> g.divide(x);
            case LOG1P -> g.divide(x.add(1));
            case SQRT -> g.divide(y.multiply(2));
            case RECIPROCAL -> g.multiply(y.multiply(y)).negate();
            case SIN -> g.multiply(x.unary(UnaryFunction.COS));
            case COS -> g.multiply(x.unary(UnaryFunction.SIN)).negate();
            case TANH -> g.multiply(y.multiply(y).negate().add(1));
            case ERF -> g.multiply(x.multiply(x).negate().exp()).multiply(2 / Math.sqrt(Math.PI));
            case SIGMOID -> g.multiply(y.multiply(y.negate().add(1)));
            case SILU -> silu(x, y, g);
            case SOFTPLUS -> g.multiply(x.unary(UnaryFunction.SIGMOID));
        };
    }

    // silu'(x) = s (1 + x (1 - s)) = s + y (1 - s), with s = sigmoid(x)
    private static Tensor silu(Tensor x, Tensor y, Tensor g) {
        Tensor s = x.unary(UnaryFunction.SIGMOID);
        return g.multiply(s.add(y.multiply(s.negate().add(1))));
    }

    private static List<Optional<Tensor>> binary(
            BinaryFunction function, Tensor a, Tensor b, Tensor out, Tensor g, List<Boolean> wanted) {
        Supplier<Tensor> left = switch (function) {
            case ADD, SUBTRACT -> () -> g;
            case MULTIPLY -> () -> g.multiply(b);
            case DIVIDE -> () -> g.divide(b);
            case MAXIMUM -> () -> Tensors.where(lessOrEqual(b, a), g, zero(g));
            case MINIMUM -> () -> Tensors.where(lessOrEqual(a, b), g, zero(g));
        };
        Supplier<Tensor> right = switch (function) {
            case ADD -> () -> g;
            case SUBTRACT -> g::negate;
            case MULTIPLY -> () -> g.multiply(a);
            case DIVIDE -> () -> g.multiply(out).divide(b).negate();
            case MAXIMUM -> () -> Tensors.where(lessOrEqual(b, a), zero(g), g);
            case MINIMUM -> () -> Tensors.where(lessOrEqual(a, b), zero(g), g);
        };
        return List.of(
                optional(wanted.get(0), () -> left.get().sumTo(a.shape())),
                optional(wanted.get(1), () -> right.get().sumTo(b.shape())));
    }

    private static List<Optional<Tensor>> where(Tensor mask, Tensor a, Tensor b, Tensor g, List<Boolean> wanted) {
        return List.of(
                Optional.empty(),
                optional(wanted.get(1), () -> Tensors.where(mask, g, zero(g)).sumTo(a.shape())),
                optional(wanted.get(2), () -> Tensors.where(mask, zero(g), g).sumTo(b.shape())));
    }

    private static List<Optional<Tensor>> matmul(Op.MatMul op, Tensor a, Tensor b, Tensor g, List<Boolean> wanted) {
        boolean ta = op.transposeA();
        boolean tb = op.transposeB();
        // A' = A or its transpose, B' likewise: dA' = g B'^T, dB' = A'^T g
        Supplier<Tensor> left = () -> ta ? product(b, g, tb, true, a) : product(g, b, false, !tb, a);
        Supplier<Tensor> right = () -> tb ? product(g, a, true, ta, b) : product(a, g, !ta, false, b);
        return List.of(optional(wanted.get(0), left), optional(wanted.get(1), right));
    }

    // An operand of rank 2 that served every batch gets the sum over the batches.
    private static Tensor product(Tensor x, Tensor y, boolean transposeX, boolean transposeY, Tensor like) {
        boolean shared =
                like.shape().rank() == 2 && Math.max(x.shape().rank(), y.shape().rank()) > 2;
        if (shared && x.shape().rank() > 2 && y.shape().rank() > 2 && (transposeX && !transposeY)) {
            return rows(x).matmul(rows(y), true, false);
        }
        return x.matmul(y, transposeX, transposeY).sumTo(like.shape());
    }

    private static Tensor rows(Tensor x) {
        return x.reshape(-1, x.extent(-1));
    }

    // Equal greatest elements share the gradient.
    private static Tensor max(Tensor x, Tensor out, Tensor g, int axis) {
        Tensor equal = Tensors.apply(new Op.Compare(Op.Comparison.EQUAL), x, out);
        Tensor ones = Tensors.where(equal, g.broadcastTo(x.shape()), zero(g));
        Tensor count =
                Tensors.where(equal, Tensors.scalar(x.device(), 1), zero(x)).sum(axis);
        return ones.divide(count);
    }

    private static List<Optional<Tensor>> concat(int axis, List<Tensor> in, Tensor g, List<Boolean> wanted) {
        List<Optional<Tensor>> result = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < in.size(); i++) {
            int from = at;
            int to = at + in.get(i).extent(axis);
            result.add(optional(wanted.get(i), () -> g.slice(axis, from, to)));
            at = to;
        }
        return result;
    }

    private static int[] inverse(List<Integer> order) {
        int[] result = new int[order.size()];
        for (int i = 0; i < result.length; i++) {
            result[order.get(i)] = i;
        }
        return result;
    }

    private static Tensor lessOrEqual(Tensor a, Tensor b) {
        return Tensors.apply(new Op.Compare(Op.Comparison.LESS_OR_EQUAL), a, b);
    }

    private static Tensor zero(Tensor like) {
        return Tensors.scalar(like.device(), 0);
    }

    private static List<Optional<Tensor>> one(Tensor gradient) {
        return List.of(Optional.of(gradient));
    }

    private static List<Optional<Tensor>> none(int operands) {
        return Collections.nCopies(operands, Optional.empty());
    }

    private static Optional<Tensor> optional(boolean wanted, Supplier<Tensor> gradient) {
        return wanted ? Optional.of(gradient.get()) : Optional.empty();
    }
}
