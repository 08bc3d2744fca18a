package carve.models.tokenizer.regex;

import carve.models.text.TextException;
import carve.models.tokenizer.WorkBudget;
import java.util.Arrays;

/**
 * A run of a program over a text, by backtracking on a stack of its own: neither the expression nor the text can exhaust the
 * thread's stack, and every step counts against a budget.
 */
final class RegexMatcher {
    private static final int MAX_STACK = 1 << 24;
    private static final int ENTRY = 3;
    // entries hold a place in the program and a position; or one of these, for a loop's former position and for a run
    private static final int LOOP_POSITION = -1;
    private static final int RUN = -2;
    private static final int[] NO_LOOPS = {};

    private final String text;
    private final WorkBudget budget;
    private int[] stack = new int[32 * ENTRY];

    RegexMatcher(String text, WorkBudget budget) {
        this.text = text;
        this.budget = budget;
    }

    /** Returns the end of the match that begins at a position, or -1. */
    int match(Program program, int start) {
        return run(program, start, 0);
    }

    private int run(Program program, int start, int floor) {
        Instruction[] instructions = program.instructions;
        byte[] kinds = program.kinds;
        int[] loops = program.loops == 0 ? NO_LOOPS : new int[program.loops];
        int top = floor;
        int at = start;
        int place = 0;
        long steps = 0;
        while (true) {
            steps = spend(steps + 1);
            boolean failed = false;
            switch (kinds[place]) {
                case Program.ONE -> {
                    int c = at < text.length() ? text.codePointAt(at) : -1;
                    failed = c < 0
                            || !((Instruction.One) instructions[place]).set().contains(c);
                    at += Character.charCount(Math.max(c, 0));
                    place++;
                }
                case Program.RUN -> {
                    Instruction.Run run = (Instruction.Run) instructions[place];
                    int least = least(run, at);
                    failed = least < 0;
                    if (!failed) {
                        int end = run.mode() == Node.Mode.LAZY ? least : greatest(run, least);
                        steps = spend(steps + end - at);
                        if (run.mode() == Node.Mode.LAZY || run.mode() == Node.Mode.GREEDY && end > least) {
                            top = push(top, RUN - place, least, end);
                        }
                        at = end;
                        place++;
                    }
                }
                case Program.FORK -> {
                    Instruction.Fork fork = (Instruction.Fork) instructions[place];
                    top = push(top, fork.second(), at, at);
                    place = fork.first();
                }
                case Program.JUMP -> place = ((Instruction.Jump) instructions[place]).target();
                case Program.LOOP_START -> {
                    int loop = ((Instruction.LoopStart) instructions[place]).loop();
                    top = push(top, LOOP_POSITION, loop, loops[loop]);
                    loops[loop] = at;
                    place++;
                }
                // behind the end of a loop is the jump back to its fork, and behind that what follows
                case Program.LOOP_END ->
                    place += loops[((Instruction.LoopEnd) instructions[place]).loop()] == at ? 2 : 1;
                case Program.AT -> {
                    failed = !Positions.is(((Instruction.At) instructions[place]).place(), text, at);
                    place++;
                }
                case Program.ATOMIC -> {
                    int end = run(((Instruction.Atomic) instructions[place]).program(), at, top);
                    failed = end < 0;
                    at = end;
                    place++;
                }
                case Program.AHEAD -> {
                    Instruction.Ahead ahead = (Instruction.Ahead) instructions[place];
                    failed = run(ahead.program(), at, top) < 0 != ahead.negative();
                    place++;
                }
                case Program.BEHIND -> {
                    Instruction.Behind behind = (Instruction.Behind) instructions[place];
                    failed = behind(behind, at, top) == behind.negative();
                    place++;
                }
                default -> {
                    budget.spend(steps);
                    return at;
                }
            }
            while (failed) {
                if (top == floor) {
                    budget.spend(steps);
                    return -1;
                }
                top -= ENTRY;
                steps++;
                place = stack[top];
                if (place >= 0) {
                    at = stack[top + 1];
                    failed = false;
                } else if (place == LOOP_POSITION) {
                    loops[stack[top + 1]] = stack[top + 2];
                } else {
                    place = RUN - place;
                    Instruction.Run run = (Instruction.Run) instructions[place];
                    at = other(run, stack[top + 1], stack[top + 2]);
                    failed = at < 0;
                    if (!failed) {
                        top = again(run, top, place, at);
                        place++;
                    }
                }
            }
        }
    }

    private long spend(long steps) {
        if (steps < 1024) {
            return steps;
        }
        budget.spend(steps);
        return 0;
    }

    // where a run ends that takes as little as it may, or -1
    private int least(Instruction.Run run, int at) {
        int end = at;
        for (int i = 0; i < run.min(); i++) {
            if (end >= text.length() || !run.set().contains(text.codePointAt(end))) {
                return -1;
            }
            end += Character.charCount(text.codePointAt(end));
        }
        return end;
    }

    private int greatest(Instruction.Run run, int at) {
        CharacterSet set = run.set();
        int end = at;
        for (int i = run.min(); i < run.max() && end < text.length(); i++) {
            int c = text.codePointAt(end);
            if (!set.contains(c)) {
                break;
            }
            end += Character.charCount(c);
        }
        return end;
    }

    // the next end to try of a run: one character less, or for a lazy one more; -1 if there is none
    private int other(Instruction.Run run, int least, int end) {
        if (run.mode() == Node.Mode.GREEDY) {
            return end - Character.charCount(text.codePointBefore(end));
        }
        boolean more = end < text.length()
                && run.set().contains(text.codePointAt(end))
                && (run.max() == Integer.MAX_VALUE || text.codePointCount(least, end) + run.min() < run.max());
        return more ? end + Character.charCount(text.codePointAt(end)) : -1;
    }

    // leaves the run on the stack if there is more to try; its least end stands there still
    private int again(Instruction.Run run, int top, int place, int end) {
        int least = stack[top + 1];
        return run.mode() == Node.Mode.LAZY || end > least ? push(top, RUN - place, least, end) : top;
    }

    private boolean behind(Instruction.Behind behind, int at, int top) {
        for (Instruction.Behind.Branch branch : behind.branches()) {
            int start = at;
            for (int i = 0; i < branch.width() && start >= 0; i++) {
                start = start == 0 ? -1 : start - Character.charCount(text.codePointBefore(start));
            }
            if (start >= 0 && run(branch.program(), start, top) == at) {
                return true;
            }
        }
        return false;
    }

    private int push(int top, int place, int first, int second) {
        if (top + ENTRY > stack.length) {
            if (stack.length >= MAX_STACK) {
                throw new TextException(
                        "tokenizer: an expression of this tokenizer takes too much memory for this text");
            }
            stack = Arrays.copyOf(stack, stack.length * 2);
        }
        stack[top] = place;
        stack[top + 1] = first;
        stack[top + 2] = second;
        return top + ENTRY;
    }
}
