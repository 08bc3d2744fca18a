package carve.runtime.catalog;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Providers of one kind by name, with the defaults of their settings. Immutable.
 *
 * @param <P> the type of the providers
 */
public final class Catalog<P> {
    private final String kind;
    private final Map<String, P> providers;
    private final Map<String, SettingsNode.Section> defaults;

    private Catalog(String kind, Map<String, P> providers, Map<String, SettingsNode.Section> defaults) {
        this.kind = kind;
        this.providers = Collections.unmodifiableMap(providers);
        this.defaults = defaults;
    }

    /**
     * Returns the catalog of providers.
     *
     * @param kind what messages call one of them, such as {@code mixer}
     * @param section the section under {@code carve} that holds their settings, such as {@code mixers}
     * @param name tells a provider's name
     * @param references the {@code reference.conf} of a module
     * @param overrides a section like {@code carve} of a {@code reference.conf} that goes over the defaults
     * @throws SettingsException if two providers have one name
     */
    static <P> Catalog<P> of(
            String kind,
            String section,
            Collection<? extends P> all,
            Function<P, String> name,
            Function<Module, SettingsNode.Section> references,
            SettingsNode.Section overrides) {
        Map<String, P> providers = new TreeMap<>();
        Map<String, SettingsNode.Section> defaults = new LinkedHashMap<>();
        for (P provider : all) {
            String its = name.apply(provider);
            P other = providers.putIfAbsent(its, provider);
            if (other != null) {
                throw new SettingsException("two providers have the name %s '%s': %s of %s and %s of %s; remove one"
                        .formatted(kind, its, className(other), module(other), className(provider), module(provider)));
            }
            defaults.put(its, at(references.apply(provider.getClass().getModule()), section, its));
        }
        at(overrides, section).members().forEach((its, over) -> defaults.put(its, over(kind, its, over, defaults)));
        return new Catalog<>(kind, providers, defaults);
    }

    private static SettingsNode.Section over(
            String kind, String name, SettingsNode node, Map<String, SettingsNode.Section> defaults) {
        if (!defaults.containsKey(name)) {
            throw new SettingsException(node.origin() + ": " + NameSuggestions.unknown(kind, name, defaults.keySet()));
        }
        if (!(node instanceof SettingsNode.Section over)) {
            throw new SettingsException("%s: key '%s' must be a section".formatted(node.origin(), name));
        }
        Set<String> known = defaults.get(name).members().keySet();
        over.members().forEach((key, value) -> {
            if (!known.contains(key)) {
                throw new SettingsException("%s: key '%s' was not used%s"
                        .formatted(value.origin(), key, NameSuggestions.suggestion(key, known)));
            }
        });
        return over.over(defaults.get(name));
    }

    private static String className(Object provider) {
        return provider.getClass().getName();
    }

    private static String module(Object provider) {
        Module module = provider.getClass().getModule();
        return module.isNamed() ? "module " + module.getName() : "the class path";
    }

    private static SettingsNode.Section at(SettingsNode.Section root, String... path) {
        SettingsNode.Section node = root;
        for (String key : path) {
            if (!(node.members().get(key) instanceof SettingsNode.Section inner)) {
                return new SettingsNode.Section(Map.of(), "defaults");
            }
            node = inner;
        }
        return node;
    }

    /** Returns the names, sorted. */
    public Set<String> names() {
        return providers.keySet();
    }

    /** Returns the providers, sorted by name. */
    public Collection<P> providers() {
        return providers.values();
    }

    /**
     * Returns the provider of a name.
     *
     * @throws SettingsException if there is none, such as
     *     {@code no mixer 'mamba3'; there are attention, mamba2 (did you mean 'mamba2'?)}
     */
    public P provider(String name) {
        P provider = providers.get(name);
        if (provider == null) {
            throw new SettingsException(NameSuggestions.unknown(kind, name, names()));
        }
        return provider;
    }

    /** Returns the defaults of a provider's settings, as its {@code reference.conf} has them. */
    public SettingsNode.Section defaults(String name) {
        provider(name);
        return defaults.get(name);
    }

    /**
     * Returns what a function makes of a provider and its settings over the defaults.
     *
     * @param name the provider's name
     * @param settings what differs from the defaults
     * @throws SettingsException if there is no such provider, or the function left settings unread
     */
    public <T> T create(String name, SettingsNode.Section settings, BiFunction<P, Settings, T> maker) {
        P provider = provider(name);
        Settings merged = new TreeSettings(settings.over(defaults.get(name)));
        T made = maker.apply(provider, merged);
        merged.requireAllRead();
        return made;
    }

    /**
     * Returns what a function makes of the provider that a section names under {@code type} and of the rest of the section
     * over the defaults.
     *
     * @throws SettingsException if there is no such provider, or the function left settings unread
     */
    public <T> T create(Settings section, BiFunction<P, Settings, T> maker) {
        String name = section.string("type");
        if (!providers.containsKey(name)) {
            throw new SettingsException(section.origin("type") + ": " + NameSuggestions.unknown(kind, name, names()));
        }
        return create(name, section.asTree().without("type"), maker);
    }
}
