package carve.api.checkpoint;

import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A rule that maps tensors of a checkpoint, once or in each layer, to tensors of the model.
 *
 * <p>Names may hold one placeholder, <code>{i}</code>, which stands for each of the rule's indices; <code>{i+8}</code> and
 * <code>{i-8}</code> stand for the index moved by so many. A rule over indices has the placeholder in all its names; without
 * indices, such a rule stands for no tensor at all, as is right for the attention layers of a model that has none.
 *
 * {@snippet :
 * NameRule.rename("language_model.model.layers.{i}.attention.wo.weight", "layers.{i+8}.mixer.o_proj.weight")
 *         .forIndices(0, 24);
 * NameRule.interleaved("encoder.{i}.wqkv.weight", 8, new NameRule.Part("layers.{i}.q_proj.weight", 256),
 *         new NameRule.Part("layers.{i}.k_proj.weight", 128), new NameRule.Part("layers.{i}.v_proj.weight", 128))
 *         .forIndices(0, 8);
 * }
 */
public sealed interface NameRule {
    /**
     * A model tensor that lies in some rows of a checkpoint tensor.
     *
     * @param model its name in the model
     * @param rows how many rows it has, in each group if there are groups
     */
    record Part(String model, int rows) {
        /** Checks that there are rows. */
        public Part {
            if (rows < 1) {
                throw new CheckpointException("'%s' must have at least 1 row, has %d".formatted(model, rows));
            }
        }
    }

    /**
     * The same tensor under two names.
     *
     * @param checkpoint the name in the checkpoint
     * @param model the name in the model
     * @param indices what the placeholder stands for; empty if there is none
     */
    record Rename(String checkpoint, String model, List<Integer> indices) implements NameRule {
        /** Copies the indices. */
        public Rename {
            indices = List.copyOf(indices);
        }
    }

    /**
     * One checkpoint tensor that is the model tensors one below the other, along axis 0.
     *
     * @param checkpoint the name in the checkpoint
     * @param parts the model tensors from top to bottom
     * @param indices what the placeholder stands for; empty if there is none
     */
    record Concatenated(String checkpoint, List<Part> parts, List<Integer> indices) implements NameRule {
        /** Copies the lists. */
        public Concatenated {
            parts = List.copyOf(parts);
            indices = List.copyOf(indices);
        }
    }

    /**
     * One checkpoint tensor whose rows are groups, each of which has some rows of every model tensor: with groups
     * {@code g}, the first rows of {@code q, k, v}, then the next ones of each. Rows are counted along an axis, alike for all
     * indices of the axes before it.
     *
     * @param checkpoint the name in the checkpoint
     * @param axis the axis of the rows
     * @param groups how many groups there are
     * @param parts the model tensors in the order in which a group has them, with their rows in one group
     * @param indices what the placeholder stands for; empty if there is none
     */
    record Interleaved(String checkpoint, int axis, int groups, List<Part> parts, List<Integer> indices)
            implements NameRule {
        /** Copies the lists and checks that there are an axis and groups. */
        public Interleaved {
            if (groups < 1) {
                throw new CheckpointException("'%s' must have at least 1 group, has %d".formatted(checkpoint, groups));
            }
            if (axis < 0) {
                throw new CheckpointException("'%s' has no axis %d".formatted(checkpoint, axis));
            }
            parts = List.copyOf(parts);
            indices = List.copyOf(indices);
        }
    }

    /**
     * One tensor of the model, whose first axis counts tensors of the checkpoint, as it does for experts. Their name holds the
     * placeholder <code>{e}</code>, which stands for 0 and so on.
     *
     * @param checkpoint the names in the checkpoint
     * @param model the name in the model
     * @param count how many tensors there are
     * @param indices what the placeholder <code>{i}</code> stands for; empty if there is none
     */
    record Stacked(String checkpoint, String model, int count, List<Integer> indices) implements NameRule {
        /** Copies the indices and checks that there are tensors. */
        public Stacked {
            if (count < 1 || !checkpoint.contains(ELEMENT)) {
                throw new CheckpointException("'%s' must have the placeholder %s and at least 1 tensor, has %d"
                        .formatted(checkpoint, ELEMENT, count));
            }
            indices = List.copyOf(indices);
        }
    }

    /**
     * Another rule, of a tensor whose last two axes the checkpoint has the other way round, such as the matrices of GPT-2;
     * quantised tensors cannot be read so.
     *
     * @param rule the rule for the tensor with its axes exchanged
     */
    record Transposed(NameRule rule) implements NameRule {
        /** Checks that the tensor is one that is read, for itself. */
        public Transposed {
            if (rule instanceof Keep || rule instanceof Transposed || rule instanceof Stacked) {
                throw new CheckpointException("'%s' cannot be transposed".formatted(rule.checkpoint()));
            }
        }

        @Override
        public String checkpoint() {
            return rule.checkpoint();
        }

        @Override
        public List<Integer> indices() {
            return rule.indices();
        }
    }

    /**
     * A tensor that the model does not use and that is carried along, under its own name, so that it is there when the model
     * is saved. It may be absent.
     *
     * @param checkpoint the name
     * @param indices what the placeholder stands for; empty if there is none
     */
    record Keep(String checkpoint, List<Integer> indices) implements NameRule {
        /** Copies the indices. */
        public Keep {
            indices = List.copyOf(indices);
        }
    }

    /** Returns the name in the checkpoint, perhaps with a placeholder. */
    String checkpoint();

    /** Returns what the placeholder stands for; empty if there is none. */
    List<Integer> indices();

    /** Returns the rule for one tensor under two names. */
    static NameRule rename(String checkpoint, String model) {
        return new Rename(checkpoint, model, List.of());
    }

    /** Returns the rule for model tensors that lie one below the other. */
    static NameRule concatenated(String checkpoint, Part... parts) {
        return new Concatenated(checkpoint, List.of(parts), List.of());
    }

    /** Returns the rule for model tensors that lie interleaved in groups of rows. */
    static NameRule interleaved(String checkpoint, int groups, Part... parts) {
        return interleaved(checkpoint, 0, groups, parts);
    }

    /** Returns the rule for model tensors that lie interleaved in groups of rows along an axis. */
    static NameRule interleaved(String checkpoint, int axis, int groups, Part... parts) {
        return new Interleaved(checkpoint, axis, groups, List.of(parts), List.of());
    }

    /** Returns the rule for a model tensor whose first axis counts tensors of the checkpoint. */
    static NameRule stacked(String checkpoint, String model, int count) {
        return new Stacked(checkpoint, model, count, List.of());
    }

    /** Returns this rule for a checkpoint tensor whose last two axes are exchanged first. */
    default NameRule transposed() {
        return new Transposed(this);
    }

    /** Returns the rule for a tensor that is only carried along. */
    static NameRule keep(String checkpoint) {
        return new Keep(checkpoint, List.of());
    }

    /** Returns this rule for the indices {@code from <= i < to}; for nothing if there are none. */
    default NameRule forIndices(int from, int to) {
        return forIndices(IntStream.range(from, to).boxed().toList());
    }

    /** Returns this rule for some indices. An empty collection makes a rule for nothing. */
    default NameRule forIndices(Collection<Integer> indices) {
        List<Integer> list = List.copyOf(indices);
        return switch (this) {
            case Rename(var checkpoint, var model, var _) -> new Rename(checkpoint, model, list);
            case Concatenated(var checkpoint, var parts, var _) -> new Concatenated(checkpoint, parts, list);
            case Interleaved(var checkpoint, var axis, var groups, var parts, var _) ->
                new Interleaved(checkpoint, axis, groups, parts, list);
            case Stacked(var checkpoint, var model, var count, var _) -> new Stacked(checkpoint, model, count, list);
            case Transposed(var rule) -> new Transposed(rule.forIndices(list));
            case Keep(var checkpoint, var _) -> new Keep(checkpoint, list);
        };
    }

    /** The placeholder of a {@link Stacked} rule. */
    String ELEMENT = "{e}";

    /** The placeholder of indices in its three forms. */
    Pattern PLACEHOLDER = Pattern.compile("\\{i([+-]\\d{1,6})?\\}");
}
