package carve.app.plugin.authoring;

import java.util.Locale;
import java.util.Set;

/** The kinds of plugins that have a template. */
public enum PluginKind {
    /** A sequence mixer of a model's layers. */
    MIXER("mixers", Set.of("keep")),
    /** A training loss. */
    LOSS("losses", Set.of()),
    /** A training stage of a recipe. */
    STAGE("stages", Set.of()),
    /** A device that computes on tensors. */
    DEVICE("devices", Set.of("auto")),
    /** A model family: configurations, parameter names and processors of one architecture. */
    FAMILY("model families", Set.of());

    private final String plural;
    private final Set<String> reserved;

    PluginKind(String plural, Set<String> reserved) {
        this.plural = plural;
        this.reserved = reserved;
    }

    /** Returns the word for it in command lines and template folders, such as {@code mixer}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the plural of the word, such as {@code model families}. */
    public String plural() {
        return plural;
    }

    /** Returns names that plans, recipes or options give a meaning of their own, so that no plugin of this kind can have them. */
    public Set<String> reserved() {
        return reserved;
    }
}
