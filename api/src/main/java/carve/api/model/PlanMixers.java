package carve.api.model;

import carve.api.config.Names;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The section {@code mixers} of a plan: names for mixers with settings, each {@code from} another where it says so. */
final class PlanMixers {
    private static final String TYPE = "type";
    private static final String FROM = "from";

    private final Map<String, SettingsNode> written;
    private final Map<String, LayerChoice> named = new LinkedHashMap<>();

    /** Makes the names of a section; all of them are read at once, so that what is wrong is told even of unused ones. */
    PlanMixers(SettingsNode.Section section) {
        this.written = section.members();
        written.keySet().forEach(name -> resolve(name, new ArrayList<>()));
    }

    /** Returns what a word means. */
    LayerChoice choice(PlanWord word) {
        LayerChoice choice = named.get(word.name());
        return choice == null ? LayerChoice.of(word.name(), word.origin()) : choice;
    }

    /**
     * Returns the choice that a section describes, which has {@code type} or {@code from}.
     *
     * @param name what messages call it
     */
    LayerChoice inline(String name, SettingsNode.Section section) {
        return choice(name, section, new ArrayList<>(List.of(name)));
    }

    /** Returns whether a section says which mixer it is about. */
    static boolean saysWhich(SettingsNode.Section section) {
        return section.members().containsKey(TYPE) || section.members().containsKey(FROM);
    }

    private LayerChoice resolve(String name, List<String> path) {
        if (named.containsKey(name)) {
            return named.get(name);
        }
        SettingsNode node = written.get(name);
        if (!(node instanceof SettingsNode.Section section)) {
            throw new SettingsException("%s: key 'mixers.%s': found %s; write a section, such as %s { type = mamba2 }"
                    .formatted(node.origin(), name, PlanReader.shown(node), name));
        }
        if (name.equals(LayerChoice.KEEP)) {
            throw new SettingsException(
                    "%s: key 'mixers.keep': found a mixer called 'keep', which is the word for layers that"
                                    .formatted(node.origin())
                            + " stay as they are; give it another name");
        }
        if (path.contains(name)) {
            throw new SettingsException(
                    "%s: key 'mixers.%s.from': found a circle, %s -> %s; let one of them have a 'type'"
                            .formatted(node.origin(), name, String.join(" -> ", path), name));
        }
        path.add(name);
        LayerChoice choice = choice("mixers." + name, section, path);
        named.put(name, choice);
        return choice;
    }

    private LayerChoice choice(String key, SettingsNode.Section section, List<String> path) {
        SettingsNode.Section own = section.without(TYPE).without(FROM);
        boolean typed = section.members().containsKey(TYPE);
        if (!section.members().containsKey(FROM)) {
            if (!typed) {
                throw new SettingsException(
                        "%s: key '%s': found neither 'type' nor 'from'; say which mixer, as in type = mamba2"
                                .formatted(section.origin(), key));
            }
            return new LayerChoice(text(section, TYPE, key), own);
        }
        LayerChoice base = base(section, key, path);
        if (typed && !text(section, TYPE, key).equals(base.mixer())) {
            throw new SettingsException("%s: key '%s.type': found '%s', but 'from' is a %s; remove one of the two"
                    .formatted(section.members().get(TYPE).origin(), key, text(section, TYPE, key), base.mixer()));
        }
        return new LayerChoice(base.mixer(), own.over(base.settings()));
    }

    private LayerChoice base(SettingsNode.Section section, String key, List<String> path) {
        String from = text(section, FROM, key);
        if (!written.containsKey(from)) {
            throw new SettingsException("%s: key '%s.from': %s"
                    .formatted(
                            section.members().get(FROM).origin(),
                            key,
                            Names.unknown("name under 'mixers'", from, written.keySet())));
        }
        return resolve(from, path);
    }

    private static String text(SettingsNode.Section section, String inner, String key) {
        SettingsNode node = section.members().get(inner);
        if (node instanceof SettingsNode.Scalar(Object value, String _)) {
            return value.toString();
        }
        throw new SettingsException(
                "%s: key '%s.%s': found %s; write a name".formatted(node.origin(), key, inner, PlanReader.shown(node)));
    }
}
