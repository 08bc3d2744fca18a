package carve.models.tokenizer.regex;

import carve.models.text.TextException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/** A compiler of expressions to programs for {@link RegexMatcher}. */
final class RegexCompiler {
    private static final int MAX_INSTRUCTIONS = 1 << 16;

    private final List<Instruction> program = new ArrayList<>();
    private final String pattern;
    private int loops;

    private RegexCompiler(String pattern) {
        this.pattern = pattern;
    }

    static Program compile(Node node, String pattern) {
        RegexCompiler compiler = new RegexCompiler(pattern);
        compiler.node(node);
        compiler.add(new Instruction.Match());
        return new Program(compiler.program, compiler.loops);
    }

    private int add(Instruction instruction) {
        if (program.size() >= MAX_INSTRUCTIONS) {
            throw new TextException("tokenizer: expression '%.200s' is too large, it has more than %d steps"
                    .formatted(pattern, MAX_INSTRUCTIONS));
        }
        program.add(instruction);
        return program.size() - 1;
    }

    private void node(Node node) {
        switch (node) {
            case Node.One(CharacterSet set) -> add(new Instruction.One(CharacterSet.tabulated(set)));
            case Node.Sequence(List<Node> nodes) -> nodes.forEach(this::node);
            case Node.Alternation(List<Node> nodes) -> alternation(nodes);
            case Node.Repeat repeat -> repeat(repeat);
            case Node.Look look -> look(look);
            case Node.Atomic(Node inner) -> add(new Instruction.Atomic(compile(inner, pattern)));
            case Node.Anchor(Node.Place place) -> add(new Instruction.At(place));
        }
    }

    private void alternation(List<Node> branches) {
        List<Integer> jumps = new ArrayList<>();
        for (int i = 0; i < branches.size(); i++) {
            boolean last = i == branches.size() - 1;
            int fork = last ? -1 : add(new Instruction.Match());
            node(branches.get(i));
            if (!last) {
                jumps.add(add(new Instruction.Match()));
                program.set(fork, new Instruction.Fork(fork + 1, program.size()));
            }
        }
        jumps.forEach(jump -> program.set(jump, new Instruction.Jump(program.size())));
    }

    private void repeat(Node.Repeat repeat) {
        if (repeat.node() instanceof Node.One(CharacterSet set)) {
            add(new Instruction.Run(CharacterSet.tabulated(set), repeat.min(), repeat.max(), repeat.mode()));
        } else if (repeat.mode() == Node.Mode.POSSESSIVE) {
            Node greedy = new Node.Repeat(repeat.node(), repeat.min(), repeat.max(), Node.Mode.GREEDY);
            add(new Instruction.Atomic(compile(greedy, pattern)));
        } else {
            Collections.nCopies(repeat.min(), repeat.node()).forEach(this::node);
            if (repeat.max() == Integer.MAX_VALUE) {
                loop(repeat);
            } else {
                optional(repeat);
            }
        }
    }

    // again: fork body, end; body: ...; next round unless the body was empty; end
    private void loop(Node.Repeat repeat) {
        int number = loops++;
        int fork = add(new Instruction.Match());
        add(new Instruction.LoopStart(number));
        node(repeat.node());
        add(new Instruction.LoopEnd(number));
        add(new Instruction.Jump(fork));
        program.set(fork, fork(repeat, fork + 1, program.size()));
    }

    private void optional(Node.Repeat repeat) {
        List<Integer> forks = new ArrayList<>();
        for (int i = repeat.min(); i < repeat.max(); i++) {
            forks.add(add(new Instruction.Match()));
            node(repeat.node());
        }
        forks.forEach(fork -> program.set(fork, fork(repeat, fork + 1, program.size())));
    }

    private static Instruction fork(Node.Repeat repeat, int body, int end) {
        return repeat.mode() == Node.Mode.LAZY ? new Instruction.Fork(end, body) : new Instruction.Fork(body, end);
    }

    private void look(Node.Look look) {
        if (!look.behind()) {
            add(new Instruction.Ahead(compile(look.node(), pattern), look.negative()));
            return;
        }
        List<Node> branches = look.node() instanceof Node.Alternation(List<Node> nodes) ? nodes : List.of(look.node());
        List<Instruction.Behind.Branch> compiled = branches.stream()
                .map(branch -> new Instruction.Behind.Branch(width(branch), compile(branch, pattern)))
                .toList();
        add(new Instruction.Behind(compiled, look.negative()));
    }

    private int width(Node node) {
        OptionalInt width = Node.width(node);
        return width.orElseThrow(() -> new TextException(
                "tokenizer: expression '%.200s': a look behind of texts that differ in length is not supported"
                        .formatted(pattern)));
    }
}
