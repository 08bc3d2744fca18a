package carve.models.tokenizer.regex;

import java.util.List;

/** A step of a compiled expression. */
sealed interface Instruction {
    /** Takes one character of a set. */
    record One(CharacterSet set) implements Instruction {}

    /** Takes characters of a set. */
    record Run(CharacterSet set, int min, int max, Node.Mode mode) implements Instruction {}

    /** Goes on at one place, and if that fails at another. */
    record Fork(int first, int second) implements Instruction {}

    /** Goes on at another place. */
    record Jump(int target) implements Instruction {}

    /** Remembers where a round of a loop begins. */
    record LoopStart(int loop) implements Instruction {}

    /** Leaves a loop whose round took nothing. */
    record LoopEnd(int loop) implements Instruction {}

    /** Checks a position. */
    record At(Node.Place place) implements Instruction {}

    /** Takes the first match of a part, for good. */
    record Atomic(Program program) implements Instruction {}

    /** Checks the text that follows. */
    record Ahead(Program program, boolean negative) implements Instruction {}

    /** Checks the text before. */
    record Behind(List<Branch> branches, boolean negative) implements Instruction {
        /**
         * One of the texts that may stand before.
         *
         * @param width its number of characters
         */
        record Branch(int width, Program program) {}
    }

    /** Ends with a match. */
    record Match() implements Instruction {}
}
