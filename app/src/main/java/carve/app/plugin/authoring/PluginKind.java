package carve.app.plugin.authoring;

/** What a plugin may be. */
public enum PluginKind {
    /** By which layers mix positions. */
    MIXER("mixers"),
    /** What training makes small. */
    LOSS("losses"),
    /** A part of recipes. */
    STAGE("stages"),
    /** Where tensors live. */
    DEVICE("devices"),
    /** A kind of models. */
    FAMILY("model families");

    private final String plural;

    PluginKind(String many) {
        this.plural = many;
    }

    /** Returns what many of it are called. */
    public String plural() {
        return plural;
    }
}
