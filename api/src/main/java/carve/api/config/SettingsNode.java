package carve.api.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A value of a settings tree with its place, independent of the library that parsed it. Immutable. */
public sealed interface SettingsNode {
    /** Returns where the value was written, such as {@code hybrid.conf: 5}. */
    String origin();

    /**
     * A string, number or boolean.
     *
     * @param value a {@link String}, {@link Number} or {@link Boolean}
     * @param origin where it was written
     */
    record Scalar(Object value, String origin) implements SettingsNode {
        /** Checks the value's class. */
        public Scalar {
            if (!(value instanceof String || value instanceof Number || value instanceof Boolean)) {
                throw new SettingsException("%s: a setting is a string, a number or a boolean, is %s"
                        .formatted(origin, value.getClass().getName()));
            }
        }
    }

    /**
     * A list.
     *
     * @param items the values in order
     * @param origin where it was written
     */
    record Items(List<SettingsNode> items, String origin) implements SettingsNode {
        /** Copies the items. */
        public Items {
            items = List.copyOf(items);
        }
    }

    /**
     * A section.
     *
     * @param members the values by key, in the order in which they were written
     * @param origin where it was written
     */
    record Section(Map<String, SettingsNode> members, String origin) implements SettingsNode {
        /** Copies the members. */
        public Section {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
        }

        /** Returns this section with what it leaves out taken from defaults; sections are joined, all else replaced. */
        public Section over(Section defaults) {
            Map<String, SettingsNode> joined = new LinkedHashMap<>(defaults.members);
            members.forEach((key, value) -> joined.merge(key, value, Section::join));
            return new Section(joined, origin);
        }

        private static SettingsNode join(SettingsNode below, SettingsNode above) {
            return below instanceof Section under && above instanceof Section over ? over.over(under) : above;
        }

        /** Returns this section without one key. */
        public Section without(String key) {
            Map<String, SettingsNode> rest = new LinkedHashMap<>(members);
            rest.remove(key);
            return new Section(rest, origin);
        }

        /** Returns the values as strings, numbers, booleans, lists and maps of these. */
        public Map<String, Object> toMap() {
            Map<String, Object> map = new LinkedHashMap<>();
            members.forEach((key, value) -> map.put(key, plain(value)));
            return map;
        }

        private static Object plain(SettingsNode node) {
            return switch (node) {
                case Scalar scalar -> scalar.value();
                case Items items -> items.items().stream().map(Section::plain).toList();
                case Section section -> section.toMap();
            };
        }
    }
}
