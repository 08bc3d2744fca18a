package carve.testkit;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.MixerProvider;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A catalog of a test's mixers without default settings. */
public final class TestMixerCatalog implements MixerCatalog {
    private final Map<String, MixerProvider> providers = new TreeMap<>();
    private final Map<String, SettingsNode.Section> defaults = new TreeMap<>();

    private TestMixerCatalog() {}

    /** Returns the catalog of these mixers. */
    public static TestMixerCatalog of(MixerProvider... providers) {
        TestMixerCatalog list = new TestMixerCatalog();
        List.of(providers).forEach(provider -> list.providers.put(provider.name(), provider));
        return list;
    }

    /** Returns this catalog with defaults for the settings of a mixer. */
    public TestMixerCatalog withDefaults(String mixer, SettingsNode.Section section) {
        TestMixerCatalog list = of(providers.values().toArray(MixerProvider[]::new));
        list.defaults.putAll(defaults);
        list.defaults.put(mixer, section);
        return list;
    }

    @Override
    public Set<String> names() {
        return Set.copyOf(providers.keySet());
    }

    @Override
    public Mixer create(String name, LayerConfig dims, SettingsNode.Section settings) {
        if (!providers.containsKey(name)) {
            throw new SettingsException(
                    "%s: %s".formatted(settings.origin(), NameSuggestions.unknown("mixer", name, providers.keySet())));
        }
        TreeSettings tree = new TreeSettings(defaults.containsKey(name) ? settings.over(defaults.get(name)) : settings);
        Mixer mixer = providers.get(name).create(dims, tree);
        tree.requireAllRead();
        return mixer;
    }
}
