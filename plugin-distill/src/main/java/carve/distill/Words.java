package carve.distill;

import carve.api.config.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Reads constants of enums as settings write them: in lower case, with dashes. */
public final class Words {
    private Words() {}

    /**
     * Returns the constant that a key names.
     *
     * @throws carve.api.config.SettingsException if it names none; the message has all that there are
     */
    public static <E extends Enum<E>> E of(Class<E> type, Settings settings, String key) {
        String word = settings.string(key);
        List<E> constants = Arrays.asList(type.getEnumConstants());
        return constants.stream()
                .filter(constant -> of(constant).equals(word))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        key,
                        "must be one of %s, is '%s'"
                                .formatted(
                                        String.join(
                                                ", ",
                                                constants.stream()
                                                        .map(Words::of)
                                                        .toList()),
                                        word)));
    }

    /** Returns the constant as settings write it. */
    public static String of(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
