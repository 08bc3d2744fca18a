package carve.distill;

import carve.api.config.Settings;

/** Reads constants of enums as settings write them: in lower case, with dashes. */
public final class Words {
    private Words() {}

    /**
     * Returns the constant that a key names.
     *
     * @throws carve.api.config.SettingsException if it names none; the message has all that there are
     */
    public static <E extends Enum<E>> E of(Class<E> type, Settings settings, String key) {
        return settings.word(key, type);
    }

    /** Returns the constant as settings write it. */
    public static String of(Enum<?> constant) {
        return Settings.word(constant);
    }
}
