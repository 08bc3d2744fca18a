package carve.runtime.plan;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.model.MixerSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The section {@code mixers} of a plan: named mixers with settings, where {@code from} takes the settings of another entry.
 */
final class MixerDefinitions {
    private static final String TYPE = "type";
    private static final String FROM = "from";
    private static final int MAX_CHAIN = 100;

    private final Map<String, SettingsNode> written;
    private final Map<String, MixerSpec> named = new LinkedHashMap<>();

    /** Makes the names of a section; all of them are read at once, so that what is wrong is told even of unused ones. */
    MixerDefinitions(SettingsNode.Section section) {
        this.written = section.members();
        written.keySet().forEach(name -> resolve(name, new ArrayList<>()));
    }

    /** Returns what a word means. */
    MixerSpec choice(MixerReference word) {
        MixerSpec choice = named.get(word.name());
        return choice == null ? MixerSpec.of(word.name(), word.origin()) : choice;
    }

    /**
     * Returns the choice that a section describes, which has {@code type} or {@code from}.
     *
     * @param name what messages call it
     */
    MixerSpec inline(String name, SettingsNode.Section section) {
        return choice(name, section, new ArrayList<>(List.of(name)));
    }

    /** Returns whether a section says which mixer it is about. */
    static boolean namesMixer(SettingsNode.Section section) {
        return section.members().containsKey(TYPE) || section.members().containsKey(FROM);
    }

    private MixerSpec resolve(String name, List<String> path) {
        if (named.containsKey(name)) {
            return named.get(name);
        }
        SettingsNode node = written.get(name);
        if (!(node instanceof SettingsNode.Section section)) {
            throw new SettingsException("%s: key 'mixers.%s': found %s; write a section, such as %s { type = mamba2 }"
                    .formatted(node.origin(), name, LayerPlanReader.shown(node), name));
        }
        if (name.equals(MixerSpec.KEEP)) {
            throw new SettingsException(
                    "%s: key 'mixers.keep': found a mixer called 'keep', which is the name for layers that"
                                    .formatted(node.origin())
                            + " stay as they are; give it another name");
        }
        if (path.contains(name)) {
            throw new SettingsException("%s: key 'mixers.%s.from': circular 'from': %s -> %s; give one of them a 'type'"
                    .formatted(node.origin(), name, String.join(" -> ", path), name));
        }
        if (path.size() == MAX_CHAIN) {
            throw new SettingsException(
                    "%s: key 'mixers.%s.from': a chain of more than %d mixers; give one of them a 'type'"
                            .formatted(node.origin(), name, MAX_CHAIN));
        }
        path.add(name);
        MixerSpec choice = choice("mixers." + name, section, path);
        named.put(name, choice);
        return choice;
    }

    private MixerSpec choice(String key, SettingsNode.Section section, List<String> path) {
        SettingsNode.Section own = section.without(TYPE).without(FROM);
        boolean typed = section.members().containsKey(TYPE);
        if (!section.members().containsKey(FROM)) {
            if (!typed) {
                throw new SettingsException("%s: key '%s': expected 'type' or 'from', for example type = mamba2"
                        .formatted(section.origin(), key));
            }
            return new MixerSpec(text(section, TYPE, key), own);
        }
        MixerSpec base = base(section, key, path);
        if (typed && !text(section, TYPE, key).equals(base.name())) {
            throw new SettingsException("%s: key '%s.type': found '%s', but 'from' is a %s; remove one of the two"
                    .formatted(section.members().get(TYPE).origin(), key, text(section, TYPE, key), base.name()));
        }
        return new MixerSpec(base.name(), own.over(base.settings()));
    }

    private MixerSpec base(SettingsNode.Section section, String key, List<String> path) {
        String from = text(section, FROM, key);
        if (!written.containsKey(from)) {
            throw new SettingsException("%s: key '%s.from': %s"
                    .formatted(
                            section.members().get(FROM).origin(),
                            key,
                            NameSuggestions.unknown("name under 'mixers'", from, written.keySet())));
        }
        return resolve(from, path);
    }

    private static String text(SettingsNode.Section section, String inner, String key) {
        SettingsNode node = section.members().get(inner);
        if (node instanceof SettingsNode.Scalar(Object value, String _)) {
            return value.toString();
        }
        throw new SettingsException("%s: key '%s.%s': found %s; write a name"
                .formatted(node.origin(), key, inner, LayerPlanReader.shown(node)));
    }
}
