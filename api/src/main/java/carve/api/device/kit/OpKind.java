package carve.api.device.kit;

import carve.api.tensor.Op;

/** The kinds of primitives, by which the type that they are computed in is chosen. */
public enum OpKind {
    /** New values are computed, in F32 or I32. */
    ARITHMETIC,
    /** Values are compared, and one of them or the outcome is the result: exact in the type in which they are stored. */
    COMPARISON,
    /** Values are copied, each as it is stored, or converted one by one. */
    MOVEMENT;

    /** Returns the kind of a primitive. */
    public static OpKind of(Op op) {
        return switch (op) {
            case Op.Unary _, Op.Binary _, Op.MatMul _, Op.Sum _, Op.SumTo _, Op.CumulativeSum _, Op.ScatterAdd _ ->
                ARITHMETIC;
            case Op.Compare _, Op.Max _, Op.ArgMax _ -> COMPARISON;
            case Op.Where _, Op.BroadcastTo _, Op.Reshape _, Op.Permute _, Op.Slice _, Op.Pad _, Op.Concat _ ->
                MOVEMENT;
            case Op.LowerTriangle _, Op.Gather _, Op.Cast _ -> MOVEMENT;
        };
    }
}
