package carve.models.tokenizer.regex;

import java.util.List;

/** A compiled expression: steps, of which the last is {@link Instruction.Match}. */
final class Program {
    /** The steps. */
    final Instruction[] instructions;
    /** The kind of each step, by which {@link RegexMatcher} chooses what to do. */
    final byte[] kinds;
    /** The number of loops whose positions are remembered. */
    final int loops;

    static final byte ONE = 0;
    static final byte RUN = 1;
    static final byte FORK = 2;
    static final byte JUMP = 3;
    static final byte LOOP_START = 4;
    static final byte LOOP_END = 5;
    static final byte AT = 6;
    static final byte ATOMIC = 7;
    static final byte AHEAD = 8;
    static final byte BEHIND = 9;
    static final byte MATCH = 10;

    Program(List<Instruction> steps, int loops) {
        this.instructions = steps.toArray(Instruction[]::new);
        this.kinds = new byte[instructions.length];
        for (int i = 0; i < kinds.length; i++) {
            kinds[i] = kind(instructions[i]);
        }
        this.loops = loops;
    }

    private static byte kind(Instruction instruction) {
        return switch (instruction) {
            case Instruction.One _ -> ONE;
            case Instruction.Run _ -> RUN;
            case Instruction.Fork _ -> FORK;
            case Instruction.Jump _ -> JUMP;
            case Instruction.LoopStart _ -> LOOP_START;
            case Instruction.LoopEnd _ -> LOOP_END;
            case Instruction.At _ -> AT;
            case Instruction.Atomic _ -> ATOMIC;
            case Instruction.Ahead _ -> AHEAD;
            case Instruction.Behind _ -> BEHIND;
            case Instruction.Match _ -> MATCH;
        };
    }
}
