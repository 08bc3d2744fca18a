package carve.models.tokenizer.regex;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The characters with which a match of an expression can begin. */
final class FirstCharacters {
    private FirstCharacters() {}

    /** Returns the characters, or nothing if a match can be empty. */
    static Optional<CharacterSet> of(Node node) {
        return switch (node) {
            case Node.One(CharacterSet set) -> Optional.of(set);
            case Node.Atomic(Node inner) -> of(inner);
            case Node.Look _, Node.Anchor _ -> Optional.empty();
            case Node.Repeat repeat -> repeat.min() == 0 ? Optional.empty() : of(repeat.node());
            case Node.Alternation(List<Node> branches) -> all(branches);
            case Node.Sequence(List<Node> nodes) -> sequence(nodes);
        };
    }

    private static Optional<CharacterSet> all(List<Node> branches) {
        List<Optional<CharacterSet>> sets =
                branches.stream().map(FirstCharacters::of).toList();
        return sets.stream().allMatch(Optional::isPresent)
                ? Optional.of(CharacterSet.union(
                        sets.stream().flatMap(Optional::stream).toList()))
                : Optional.empty();
    }

    // what may be left out at the beginning, and the first that may not
    private static Optional<CharacterSet> sequence(List<Node> nodes) {
        List<CharacterSet> sets = new ArrayList<>();
        for (Node node : nodes) {
            if (node instanceof Node.Look || node instanceof Node.Anchor) {
                continue;
            }
            Optional<CharacterSet> required = of(node);
            if (required.isPresent()) {
                sets.add(required.get());
                return Optional.of(CharacterSet.union(List.copyOf(sets)));
            }
            if (!(node instanceof Node.Repeat repeat && repeat.node() instanceof Node.One(CharacterSet set))) {
                return Optional.empty();
            }
            sets.add(set);
        }
        return Optional.empty();
    }
}
