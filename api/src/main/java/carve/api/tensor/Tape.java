package carve.api.tensor;

import carve.api.device.Device;
import carve.api.device.Kernel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A record of the operations on watched tensors, from which gradients are computed in reverse.
 *
 * <p>Operands decide: the result of an operation with a watched operand is watched and recorded; inference records
 * nothing. A tensor is watched by at most one tape. Confined to one thread.
 *
 * <pre>{@code
 * Tape tape = new Tape();
 * Tensor w = tape.watch(weight);
 * Tensor loss = x.matmul(w).sum();
 * Tensor gradient = tape.gradients(loss, List.of(w)).getFirst();
 * }</pre>
 */
public final class Tape {
    /** One recorded operation; gives the gradients of the operands from those of the results. */
    private record Step(List<Tensor> operands, List<Tensor> results, Backward backward) {}

    private interface Backward {
        List<Optional<Tensor>> gradients(List<Optional<Tensor>> results, List<Boolean> wanted);
    }

    private final List<Step> steps = new ArrayList<>();

    /** Makes a tape that watches nothing yet. */
    public Tape() {}

    /**
     * Returns the same values, watched by this tape.
     *
     * @throws ShapeException if they are quantised: there are no small steps between what blocks can hold
     */
    public Tensor watch(Tensor tensor) {
        if (tensor.dtype().isQuantised()) {
            throw new ShapeException("%s cannot be watched, quantised values have no gradient; cast to F32 first"
                    .formatted(tensor.type()));
        }
        if (tensor.tape().isPresent()) {
            throw new IllegalArgumentException("the tensor is watched by a tape already; detach it first");
        }
        return tensor.watchedBy(this);
    }

    /**
     * Returns the gradients of a scalar with respect to watched tensors, in their order; zeros where it does not depend
     * on one. Results are not watched.
     *
     * @throws ShapeException if the loss is not a scalar
     */
    public List<Tensor> gradients(Tensor loss, List<Tensor> of) {
        if (loss.shape().size() != 1) {
            throw new ShapeException("gradients: a scalar expected, found " + loss.type());
        }
        Tensor one = Tensors.ones(loss.device(), loss.shape());
        return gradients(List.of(loss), List.of(one), of);
    }

    /** Returns the gradients of tensors, weighted by given gradients of theirs, with respect to watched tensors. */
    public List<Tensor> gradients(List<Tensor> results, List<Tensor> weights, List<Tensor> of) {
        Map<Tensor, Tensor> gradients = new IdentityHashMap<>();
        for (int i = 0; i < results.size(); i++) {
            accumulate(gradients, results.get(i), weights.get(i));
        }
        Map<Tensor, Boolean> needed = needed(of);
        for (Step step : steps.reversed()) {
            List<Boolean> wanted =
                    step.operands.stream().map(needed::containsKey).toList();
            if (wanted.contains(true)) {
                propagate(step, wanted, gradients);
            }
        }
        return of.stream()
                .map(t -> gradients.containsKey(t)
                        ? gradients.get(t)
                        : Tensors.zeros(t.device(), t.shape()).cast(t.dtype()))
                .toList();
    }

    /** Forgets everything recorded, and with it what it kept alive. */
    public void clear() {
        steps.clear();
    }

    private Map<Tensor, Boolean> needed(List<Tensor> of) {
        Map<Tensor, Boolean> needed = new IdentityHashMap<>();
        of.forEach(t -> needed.put(t, true));
        for (Step step : steps) {
            if (step.operands.stream().anyMatch(needed::containsKey)) {
                step.results.forEach(t -> needed.put(t, true));
            }
        }
        return needed;
    }

    private static void propagate(Step step, List<Boolean> wanted, Map<Tensor, Tensor> gradients) {
        List<Optional<Tensor>> given = step.results.stream()
                .map(t -> Optional.ofNullable(gradients.get(t)))
                .toList();
        if (given.stream().allMatch(Optional::isEmpty)) {
            return;
        }
        List<Optional<Tensor>> computed = step.backward.gradients(given, wanted);
        for (int i = 0; i < computed.size(); i++) {
            if (wanted.get(i) && computed.get(i).isPresent()) {
                accumulate(gradients, step.operands.get(i), computed.get(i).get());
            }
        }
    }

    private static void accumulate(Map<Tensor, Tensor> gradients, Tensor tensor, Tensor gradient) {
        gradients.merge(tensor, gradient, Tensor::add);
    }

    static Tensor recordPrimitive(Op op, List<Tensor> operands, Tensor result) {
        Optional<Tape> tape = tapeOf(operands);
        if (tape.isEmpty()) {
            return result;
        }
        List<Tensor> plain = Tensors.detached(operands);
        return tape.get()
                .record(
                        operands,
                        List.of(result),
                        (given, wanted) ->
                                Gradients.of(op, plain, result, given.getFirst().orElseThrow(), wanted))
                .getFirst();
    }

    /** Runs a kernel and records it; count is that of the op's results, what the kernel saves comes after them. */
    List<Tensor> recordFused(FusedOp op, Kernel kernel, List<Tensor> operands, int count) {
        List<Tensor> plain = Tensors.detached(operands);
        if (!kernel.differentiable()) {
            List<Tensor> results = kernel.forward(plain);
            return record(operands, results, (given, wanted) -> differentiate(op, kernel, plain, given, wanted));
        }
        List<Tensor> saved = kernel.forwardAndSave(plain);
        return record(
                operands, saved.subList(0, count), (given, wanted) -> kernel.backward(plain, saved, given, wanted));
    }

    private static List<Optional<Tensor>> differentiate(
            FusedOp op, Kernel kernel, List<Tensor> plain, List<Optional<Tensor>> given, List<Boolean> wanted) {
        Device device = plain.getFirst().device();
        device.context()
                .kernels()
                .requireBackward(device, op, plain.stream().map(Tensor::type).toList(), kernel);
        return differentiate(op, plain, given, wanted);
    }

    static List<Tensor> recordRecomputed(FusedOp op, List<Tensor> operands) {
        List<Tensor> plain = Tensors.detached(operands);
        Optional<ChunkedExecution> pieces = op.chunks().map(plan -> new ChunkedExecution(op, plan, plain));
        List<Tensor> results = pieces.isPresent()
                ? pieces.get().forward()
                : Scope.run(plain.getFirst().device(), () -> op.reference(plain));
        if (results.stream().anyMatch(result -> result.tape().isPresent())) {
            throw new IllegalArgumentException(
                    ("%s: the block uses a watched tensor that is not among its operands, and would"
                                    + " lose its gradient; hand it over as an operand, or detach it")
                            .formatted(op.name()));
        }
        Optional<Tape> tape = tapeOf(operands);
        if (tape.isEmpty()) {
            return results;
        }
        Backward backward = pieces.isPresent()
                ? (given, wanted) -> pieces.get().backward(given, (in, out) -> differentiate(op, in, out, wanted))
                : (given, wanted) -> differentiate(op, plain, given, wanted);
        return tape.get().record(operands, results, backward);
    }

    /** Runs the definition of an op on a tape of its own and takes the gradients of its operands. */
    private static List<Optional<Tensor>> differentiate(
            FusedOp op, List<Tensor> operands, List<Optional<Tensor>> given, List<Boolean> wanted) {
        return Scope.run(operands.getFirst().device(), () -> {
            Tape tape = new Tape();
            int[] chosen =
                    IntStream.range(0, operands.size()).filter(wanted::get).toArray();
            List<Tensor> inputs = new ArrayList<>(operands);
            for (int i : chosen) {
                inputs.set(i, tape.watch(operands.get(i)));
            }
            List<Tensor> results = op.reference(inputs);
            int[] present = IntStream.range(0, results.size())
                    .filter(i -> given.get(i).isPresent())
                    .toArray();
            List<Tensor> gradients = tape.gradients(
                    IntStream.of(present).mapToObj(results::get).toList(),
                    IntStream.of(present)
                            .mapToObj(i -> given.get(i).orElseThrow())
                            .toList(),
                    IntStream.of(chosen).mapToObj(inputs::get).toList());
            List<Optional<Tensor>> all = new ArrayList<>(Collections.nCopies(operands.size(), Optional.empty()));
            for (int i = 0; i < chosen.length; i++) {
                all.set(chosen[i], Optional.of(gradients.get(i)));
            }
            return all;
        });
    }

    private List<Tensor> record(List<Tensor> operands, List<Tensor> results, Backward backward) {
        List<Tensor> watched = results.stream().map(t -> t.watchedBy(this)).toList();
        steps.add(new Step(List.copyOf(operands), watched, backward));
        return watched;
    }

    /**
     * Returns the tape that watches one of the operands, if one does.
     *
     * @throws IllegalArgumentException if two tapes do
     */
    static Optional<Tape> tapeOf(List<Tensor> operands) {
        Optional<Tape> result = Optional.empty();
        for (Tensor operand : operands) {
            if (operand.tape().isPresent()) {
                if (result.isPresent() && result.get() != operand.tape().get()) {
                    throw new IllegalArgumentException("operands are watched by different tapes; detach one of them");
                }
                result = operand.tape();
            }
        }
        return result;
    }
}
