package carve.api.checkpoint;

import carve.api.checkpoint.TensorLayout.Slot;
import carve.api.config.NameSuggestions;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An invertible map between the tensors of a checkpoint and those of a model, made of {@link NameRule rules}.
 *
 * <p>Each name on either side belongs to exactly one rule. Both directions are lazy views: whole tensors and rows that follow
 * each other are slices of what they come from, and writers get the pieces of the others without a copy. For every source of
 * this layout, {@code toCheckpoint(toModel(source))} has the same names, types and bits.
 */
public final class NameMap {
    private final List<NameRule> rules;
    private final Map<String, TensorLayout> layouts = new LinkedHashMap<>();
    private final Map<String, List<TensorLayout>> places = new LinkedHashMap<>();

    private NameMap(List<NameRule> rules) {
        this.rules = List.copyOf(rules);
    }

    /**
     * Returns the map of these rules.
     *
     * @throws CheckpointException if a placeholder and indices do not go together, an index becomes negative, or two rules
     *     produce one name; it tells all problems
     */
    public static NameMap of(List<NameRule> rules) {
        var map = new NameMap(rules);
        var problems = new TreeSet<String>(NameSuggestions.naturalOrder());
        rules.forEach(rule -> map.expand(rule, problems));
        if (!problems.isEmpty()) {
            throw CheckpointException.of("name map", problems);
        }
        return map;
    }

    /** Returns the map of these rules. */
    public static NameMap of(NameRule... rules) {
        return of(List.of(rules));
    }

    /** Returns the rules. */
    public List<NameRule> rules() {
        return rules;
    }

    /** Returns all names that checkpoints of this layout may have. */
    public Set<String> checkpointNames() {
        return Collections.unmodifiableSet(layouts.keySet());
    }

    /** Returns all names that the model's side may have, kept tensors included. */
    public Set<String> modelNames() {
        return Collections.unmodifiableSet(places.keySet());
    }

    /** Returns the names of the tensors that are only carried along. */
    public Set<String> keptNames() {
        var kept = new LinkedHashSet<String>();
        layouts.values().stream().filter(TensorLayout::kept).forEach(layout -> kept.add(layout.checkpoint()));
        return Collections.unmodifiableSet(kept);
    }

    /**
     * Returns the model tensors that a checkpoint tensor holds, from top to bottom; its own name if it is kept.
     *
     * @throws CheckpointException if no rule has the name
     */
    public List<String> modelNames(String checkpointName) {
        TensorLayout layout = layouts.get(checkpointName);
        if (layout == null) {
            throw new CheckpointException("no rule for the checkpoint tensor '%s'%s"
                    .formatted(checkpointName, NameSuggestions.suggestion(checkpointName, layouts.keySet())));
        }
        return layout.slots().stream().map(Slot::model).toList();
    }

    /**
     * Returns the checkpoint tensor that holds a model tensor, the first of them if there are several.
     *
     * @throws CheckpointException if no rule has the name
     */
    public String checkpointName(String modelName) {
        return checkpointNames(modelName).getFirst();
    }

    /**
     * Returns the checkpoint tensors that hold a model tensor: one, but where a rule stacks several.
     *
     * @throws CheckpointException if no rule has the name
     */
    public List<String> checkpointNames(String modelName) {
        List<TensorLayout> holders = places.get(modelName);
        if (holders == null) {
            throw new CheckpointException("no rule for the model tensor '%s'%s"
                    .formatted(modelName, NameSuggestions.suggestion(modelName, places.keySet())));
        }
        return holders.stream().map(TensorLayout::checkpoint).toList();
    }

    /**
     * Returns whether the last axis of a checkpoint tensor of a type is that of the model's tensors in it, so that rows are whole
     * in both and can be quantised.
     *
     * @throws CheckpointException if no rule has the name
     */
    public boolean hasRowsOfModel(String checkpointName, TensorType type) {
        return layout(checkpointName)
                .orElseThrow(() ->
                        new CheckpointException("no rule for the checkpoint tensor '%s'".formatted(checkpointName)))
                .hasRowsOfModel(type);
    }

    /**
     * Returns the tensors of a checkpoint as the model names them, kept ones under their own names. Tensors that rules have
     * and the checkpoint lacks are absent; {@link ExpectedTensors} tells whether that is a problem.
     *
     * @throws CheckpointException if a tensor has no rule, or not the number of rows that its rule wants; it tells all
     */
    public TensorSource toModel(TensorSource checkpoint) {
        var problems = new ArrayList<String>();
        var views = new LinkedHashMap<String, TensorSources.View>();
        for (String name : checkpoint.names()) {
            TensorLayout layout = layouts.get(name);
            Optional<String> problem = layout == null
                    ? Optional.of("no rule for the checkpoint tensor '%s'".formatted(name))
                    : layout.problem(checkpoint).or(() -> lacking(layout, checkpoint));
            problem.ifPresentOrElse(problems::add, () -> layout.split(checkpoint, views));
        }
        refuse(checkpoint, problems);
        return TensorSources.views(views);
    }

    /**
     * Returns the tensors of a model as the checkpoint names them, in the order of the rules.
     *
     * @throws CheckpointException if a tensor has no rule, some parts of a checkpoint tensor are missing, or they do not fit
     *     together; it tells all
     */
    public TensorSource toCheckpoint(TensorSource model) {
        var problems = new ArrayList<String>();
        for (String name : model.names()) {
            if (!places.containsKey(name)) {
                problems.add("no rule for the model tensor '%s'".formatted(name));
            }
        }
        var views = new LinkedHashMap<String, TensorSources.View>();
        for (TensorLayout layout : layouts.values()) {
            if (layout.slots().stream().anyMatch(slot -> model.names().contains(slot.model()))) {
                layout.joinProblem(model)
                        .ifPresentOrElse(problems::add, () -> views.put(layout.checkpoint(), layout.join(model)));
            }
        }
        refuse(model, problems);
        return TensorSources.views(views);
    }

    // told once, at the first tensor of a stack that is there
    private static Optional<String> lacking(TensorLayout layout, TensorSource checkpoint) {
        if (!(layout instanceof StackLayout stack)) {
            return Optional.empty();
        }
        List<String> missing = stack.missing(checkpoint);
        boolean first = stack.stack().stream()
                .filter(name -> !missing.contains(name))
                .findFirst()
                .equals(Optional.of(stack.checkpoint()));
        return missing.isEmpty() || !first
                ? Optional.empty()
                : Optional.of(
                        "'%s' cannot be made, it lacks '%s'".formatted(stack.model(), String.join("', '", missing)));
    }

    private static void refuse(TensorSource source, List<String> problems) {
        if (!problems.isEmpty()) {
            problems.sort(NameSuggestions.naturalOrder());
            throw CheckpointException.of(label(source), problems);
        }
    }

    /** Returns what messages call a source: its file or folder, if it has one. */
    static String label(TensorSource source) {
        return source.label();
    }

    Optional<TensorLayout> layout(String checkpointName) {
        return Optional.ofNullable(layouts.get(checkpointName));
    }

    private void expand(NameRule rule, Set<String> problems) {
        var names = Stream.concat(
                        Stream.of(withoutElement(rule)), slots(rule).stream().map(Slot::model))
                .toList();
        boolean placed = names.stream().anyMatch(name -> name.indexOf('{') >= 0);
        var wrong =
                names.stream().flatMap(name -> problem(name, placed).stream()).toList();
        problems.addAll(wrong);
        if (!placed && !rule.indices().isEmpty()) {
            problems.add("'%s' has indices and no placeholder".formatted(rule.checkpoint()));
        } else if (wrong.isEmpty()) {
            (placed ? rule.indices() : List.of(0)).forEach(index -> expand(rule, index, problems));
        }
    }

    private static String withoutElement(NameRule rule) {
        return rule instanceof NameRule.Stacked ? rule.checkpoint().replace(NameRule.ELEMENT, "") : rule.checkpoint();
    }

    private static Optional<String> problem(String name, boolean placed) {
        var placeholder = NameRule.PLACEHOLDER.matcher(name);
        long count = placeholder.results().count();
        String rest = placeholder.replaceAll("");
        if (rest.indexOf('{') >= 0 || rest.indexOf('}') >= 0) {
            return Optional.of("'%s': the placeholder is {i}, {i+1} or {i-1}".formatted(name));
        }
        return count == (placed ? 1 : 0)
                ? Optional.empty()
                : Optional.of("'%s' must have the placeholder once, as the other names of its rule".formatted(name));
    }

    private void expand(NameRule rule, int index, Set<String> problems) {
        for (TensorLayout layout : layouts(rule, index, problems)) {
            if (layout.rows() > Integer.MAX_VALUE) {
                problems.add("'%s' has %d rows, the limit is %d"
                        .formatted(layout.checkpoint(), layout.rows(), Integer.MAX_VALUE));
            }
            if (layouts.put(layout.checkpoint(), layout) != null) {
                problems.add("two rules produce the checkpoint name '%s'".formatted(layout.checkpoint()));
            }
            for (Slot slot : layout.slots()) {
                List<TensorLayout> holders = places.computeIfAbsent(slot.model(), _ -> new ArrayList<>());
                if (!holders.isEmpty() && !areStacked(holders.getFirst(), layout)) {
                    problems.add("two rules produce the model name '%s'".formatted(slot.model()));
                }
                holders.add(layout);
            }
        }
    }

    private static boolean areStacked(TensorLayout first, TensorLayout other) {
        return first instanceof StackLayout stack
                && other instanceof StackLayout member
                && stack.stack() == member.stack();
    }

    private static List<? extends TensorLayout> layouts(NameRule rule, int index, Set<String> problems) {
        if (rule instanceof NameRule.Stacked stacked) {
            String model = at(stacked.model(), index, problems);
            List<String> names = IntStream.range(0, stacked.count())
                    .mapToObj(e -> stacked.checkpoint().replace(NameRule.ELEMENT, Integer.toString(e)))
                    .map(name -> at(name, index, problems))
                    .toList();
            return IntStream.range(0, stacked.count())
                    .mapToObj(e -> new StackLayout(names, e, model))
                    .toList();
        }
        NameRule inner = rule instanceof NameRule.Transposed transposed ? transposed.rule() : rule;
        int axis = inner instanceof NameRule.Interleaved interleaved ? interleaved.axis() : 0;
        int groups = inner instanceof NameRule.Interleaved interleaved ? interleaved.groups() : 1;
        var slots = slots(rule).stream()
                .map(slot -> new Slot(at(slot.model(), index, problems), slot.rows()))
                .toList();
        return List.of(new RowLayout(
                at(rule.checkpoint(), index, problems),
                inner != rule,
                axis,
                groups,
                slots,
                rule instanceof NameRule.Keep));
    }

    private static List<Slot> slots(NameRule rule) {
        return switch (rule) {
            case NameRule.Rename rename -> List.of(new Slot(rename.model(), Slot.ALL));
            case NameRule.Concatenated concatenated -> slots(concatenated.parts());
            case NameRule.Interleaved interleaved -> slots(interleaved.parts());
            case NameRule.Stacked stacked -> List.of(new Slot(stacked.model(), Slot.ALL));
            case NameRule.Transposed transposed -> slots(transposed.rule());
            case NameRule.Keep keep -> List.of(new Slot(keep.checkpoint(), Slot.ALL));
        };
    }

    private static List<Slot> slots(List<NameRule.Part> parts) {
        return parts.stream().map(part -> new Slot(part.model(), part.rows())).toList();
    }

    private static String at(String name, int index, Set<String> problems) {
        var placeholder = NameRule.PLACEHOLDER.matcher(name);
        if (!placeholder.find()) {
            return name;
        }
        int moved = index + (placeholder.group(1) == null ? 0 : Integer.parseInt(placeholder.group(1)));
        if (moved < 0) {
            problems.add("'%s' becomes negative for the index %d".formatted(name, index));
        }
        return placeholder.replaceFirst(Integer.toString(moved));
    }
}
