package carve.runtime;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.ReferenceDeviceProvider;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** The catalogs of a program's plugins. */
final class Providers {
    private Providers() {}

    /**
     * Returns the catalogs of providers and the reference device. A provider that was found twice counts once.
     *
     * @param settings settings whose section {@code carve} overrides the plugins' defaults
     * @throws carve.api.config.SettingsException if a setting is unknown, or two providers of a kind have one name
     */
    static Catalogs catalogs(Collection<?> found, SettingsNode.Section settings) {
        Map<Class<?>, Object> providers = new LinkedHashMap<>();
        providers.put(ReferenceDeviceProvider.class, new ReferenceDeviceProvider());
        found.forEach(provider -> providers.putIfAbsent(provider.getClass(), provider));
        TreeSettings root = new TreeSettings(settings);
        Map<String, SettingsNode> sections = new LinkedHashMap<>();
        if (root.has("carve")) {
            var carve = root.section("carve");
            Catalogs.SECTIONS.stream()
                    .filter(carve::has)
                    .forEach(kind -> sections.put(kind, carve.section(kind).asTree()));
        }
        root.requireAllRead();
        return Catalogs.of(providers.values(), new SettingsNode.Section(sections, root.origin()));
    }
}
