package carve.api.config;

import carve.api.json.JsonException;
import carve.api.json.JsonNumber;
import carve.api.json.JsonString;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * Settings over a tree of {@link SettingsNode}, which remember what was read.
 *
 * <p>The tree is immutable; the marks are not, and may be set from several threads.
 */
public final class TreeSettings implements Settings {
    private final SettingsNode.Section node;
    private final Set<String> referenced;
    private final Set<String> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> used = ConcurrentHashMap.newKeySet();
    private final ConcurrentMap<String, List<TreeSettings>> inner = new ConcurrentHashMap<>();

    /** Makes settings of a section, with nothing read. */
    public TreeSettings(SettingsNode.Section node) {
        this(node, Set.of());
    }

    /**
     * Makes settings of a section of which some keys count as read, because other values of the same file refer to them.
     *
     * @param referred the keys; those that are not there do no harm
     */
    public TreeSettings(SettingsNode.Section node, Set<String> referred) {
        this.node = node;
        this.referenced = Set.copyOf(referred);
        used.addAll(referred);
    }

    /** Returns the keys that count as read because other values refer to them. */
    public Set<String> referred() {
        return referenced;
    }

    /** Returns these settings over others, with nothing read but what other values of the files refer to. */
    public TreeSettings over(TreeSettings defaults) {
        Set<String> both = new HashSet<>(referenced);
        both.addAll(defaults.referenced);
        return new TreeSettings(node.over(defaults.node), both);
    }

    @Override
    public String string(String key) {
        return string(use(key), key, "a string");
    }

    @Override
    public int integer(String key) {
        return integer(use(key), key, "an integer");
    }

    @Override
    public long longInteger(String key) {
        return whole(use(key), key, "an integer");
    }

    @Override
    public double real(String key) {
        return real(use(key), key, "a number");
    }

    @Override
    public boolean flag(String key) {
        SettingsNode value = use(key);
        if (value instanceof SettingsNode.Scalar(Object scalar, String _)) {
            switch (scalar.toString()) {
                case "true", "yes", "on" -> {
                    return true;
                }
                case "false", "no", "off" -> {
                    return false;
                }
                default -> {}
            }
        }
        throw wrong(key, "true or false", value);
    }

    @Override
    public List<String> strings(String key) {
        return list(key, "a list of strings", (item, expected) -> string(item, key, expected));
    }

    @Override
    public List<Integer> integers(String key) {
        return list(key, "a list of integers", (item, expected) -> integer(item, key, expected));
    }

    @Override
    public List<Double> reals(String key) {
        return list(key, "a list of numbers", (item, expected) -> real(item, key, expected));
    }

    @Override
    public Settings section(String key) {
        if (use(key) instanceof SettingsNode.Section section) {
            return inner.computeIfAbsent(key, _ -> List.of(new TreeSettings(section)))
                    .getFirst();
        }
        throw wrong(key, "a section", use(key));
    }

    @Override
    public List<Settings> sections(String key) {
        List<SettingsNode.Section> nodes = list(key, "a list of sections", (item, expected) -> {
            if (item instanceof SettingsNode.Section section) {
                return section;
            }
            throw wrong(key, expected, item);
        });
        return List.copyOf(inner.computeIfAbsent(
                key, _ -> nodes.stream().map(TreeSettings::new).toList()));
    }

    @Override
    public SettingsNode node(String key) {
        return use(key);
    }

    @Override
    public boolean has(String key) {
        asked.add(key);
        return node.members().containsKey(key);
    }

    @Override
    public SettingsNode.Section asTree() {
        keys().forEach(this::use);
        return node;
    }

    @Override
    public Set<String> keys() {
        return node.members().keySet();
    }

    @Override
    public String origin(String key) {
        SettingsNode value = node.members().get(key);
        return value == null ? node.origin() : value.origin();
    }

    @Override
    public String origin() {
        return node.origin();
    }

    @Override
    public void requireAllRead() {
        List<String> problems = unread().sorted(NameSuggestions.naturalOrder()).toList();
        if (!problems.isEmpty()) {
            throw new SettingsException(String.join("\n", problems));
        }
    }

    private Stream<String> unread() {
        Stream<String> here = keys().stream().filter(key -> !used.contains(key)).map(this::unread);
        return Stream.concat(here, inner.values().stream().flatMap(List::stream).flatMap(TreeSettings::unread));
    }

    private String unread(String key) {
        return error(key, "was not used" + NameSuggestions.suggestion(key, asked))
                .getMessage();
    }

    private SettingsNode use(String key) {
        asked.add(key);
        SettingsNode value = node.members().get(key);
        if (value == null) {
            throw new SettingsException(node.origin() + ": " + NameSuggestions.unknown("key", key, keys()));
        }
        used.add(key);
        return value;
    }

    private <T> List<T> list(String key, String expected, BiFunction<SettingsNode, String, T> read) {
        SettingsNode value = use(key);
        if (value instanceof SettingsNode.Items(List<SettingsNode> items, String _)) {
            return items.stream().map(item -> read.apply(item, expected)).toList();
        }
        throw wrong(key, expected, value);
    }

    private String string(SettingsNode value, String key, String expected) {
        if (value instanceof SettingsNode.Scalar(Object scalar, String _)) {
            return scalar.toString();
        }
        throw wrong(key, expected, value);
    }

    private int integer(SettingsNode value, String key, String expected) {
        long whole = whole(value, key, expected);
        if (whole != (int) whole) {
            throw wrong(key, expected + " of 32 bits", value);
        }
        return (int) whole;
    }

    private long whole(SettingsNode value, String key, String expected) {
        return number(value, key, expected).whole().orElseThrow(() -> wrong(key, expected, value));
    }

    private double real(SettingsNode value, String key, String expected) {
        return number(value, key, expected).real();
    }

    private JsonNumber number(SettingsNode value, String key, String expected) {
        if (value instanceof SettingsNode.Scalar(Object scalar, String _) && !(scalar instanceof Boolean)) {
            try {
                return new JsonNumber(scalar.toString().strip());
            } catch (JsonException e) {
                throw wrong(key, expected, value);
            }
        }
        throw wrong(key, expected, value);
    }

    private SettingsException wrong(String key, String expected, SettingsNode found) {
        return new SettingsException(
                "%s: key '%s' must be %s, is %s".formatted(found.origin(), key, expected, describe(found)));
    }

    private static String describe(SettingsNode value) {
        return switch (value) {
            case SettingsNode.Scalar(String text, String _) -> new JsonString(text).describe();
            case SettingsNode.Scalar(Object scalar, String _) -> scalar.toString();
            case SettingsNode.Items(List<SettingsNode> items, String _) -> "a list of " + items.size();
            case SettingsNode.Section(Map<String, SettingsNode> _, String _) -> "a section";
        };
    }
}
