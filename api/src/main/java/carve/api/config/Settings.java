package carve.api.config;

import carve.api.data.FileNames;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One section of the settings, read by key. This is all that a plugin sees of configuration, whatever file it came from.
 *
 * <p>Keys are dashed words, without dots; a section inside is reached by {@link #section}. Every accessor wants its key to be
 * there: defaults live in {@code reference.conf}, never in code. Values convert as HOCON says: a string that spells a number
 * or a boolean will do where one is asked for, and a number or boolean where a string is.
 *
 * <p>Reading marks a key as used. {@link #requireAllRead()} then refuses the keys that nobody used. Whoever makes an object
 * from settings reads all of them in the constructor or factory; settings are not kept.
 */
public interface Settings {
    /**
     * Returns a string.
     *
     * @throws SettingsException if the key is missing or no single value
     */
    String string(String key);

    /**
     * Returns a path.
     *
     * @throws SettingsException if the key is missing, no single value, or a text that cannot be the name of a file
     */
    default Path path(String key) {
        return FileNames.resolve(Path.of(""), string(key)).orElseThrow(() -> error(key, "is not the name of a file"));
    }

    /**
     * Returns a whole number that an int can hold.
     *
     * @throws SettingsException if the key is missing or something else
     */
    int integer(String key);

    /**
     * Returns a whole number that a long can hold.
     *
     * @throws SettingsException if the key is missing or something else
     */
    long longInteger(String key);

    /**
     * Returns a number.
     *
     * @throws SettingsException if the key is missing or something else
     */
    double real(String key);

    /**
     * Returns a boolean.
     *
     * @throws SettingsException if the key is missing or something else
     */
    boolean flag(String key);

    /**
     * Returns the constant of an enum that a word names: {@code all-rows} for {@code ALL_ROWS}.
     *
     * @throws SettingsException if the key is missing or names none; the message has all that there are
     */
    default <E extends Enum<E>> E enumConstant(String key, Class<E> type) {
        String word = string(key);
        List<E> constants = List.of(type.getEnumConstants());
        List<String> words = constants.stream().map(Settings::enumConstant).toList();
        return constants.stream()
                .filter(constant -> enumConstant(constant).equals(word))
                .findFirst()
                .orElseThrow(() -> error(
                        key,
                        "must be one of %s, is '%s'%s"
                                .formatted(String.join(", ", words), word, NameSuggestions.suggestion(word, words))));
    }

    /** Returns a constant of an enum as settings write it: in lower case, with dashes. */
    static String enumConstant(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * Returns a list of strings.
     *
     * @throws SettingsException if the key is missing or something else
     */
    List<String> strings(String key);

    /**
     * Returns a list of whole numbers.
     *
     * @throws SettingsException if the key is missing or something else
     */
    List<Integer> integers(String key);

    /**
     * Returns a list of numbers.
     *
     * @throws SettingsException if the key is missing or something else
     */
    List<Double> reals(String key);

    /**
     * Returns the section of a key. Asking twice gives the same section, with the same marks.
     *
     * @throws SettingsException if the key is missing or no section
     */
    Settings section(String key);

    /**
     * Returns the sections of a key whose value is a list of them.
     *
     * @throws SettingsException if the key is missing or something else
     */
    List<Settings> sections(String key);

    /**
     * Returns the value of a key as it was written, for whoever accepts more than one form of it; all that is inside counts as
     * used.
     *
     * @throws SettingsException if the key is missing
     */
    SettingsNode node(String key);

    /** Returns whether there is such a key. This makes the key known to suggestions and does not mark it as used. */
    boolean has(String key);

    /** Returns the whole section as a tree and counts all its keys as used: whoever takes it answers for them. */
    SettingsNode.Section asTree();

    /** Returns the keys of this section in the order in which they were written. Marks nothing. */
    Set<String> keys();

    /** Returns where a key was written, such as {@code hybrid.conf: 5}; where this section was, if there is no such key. */
    String origin(String key);

    /** Returns where this section was written, such as {@code hybrid.conf: 3}. */
    String origin();

    /**
     * Refuses settings of this section, and of the sections inside that were asked for, that nobody has read.
     *
     * @throws SettingsException if there are any; its message has one line for each, sorted, such as
     *     {@code hybrid.conf: 5: key 'state_size' was not used; did you mean 'state-size'?}
     */
    void requireAllRead();

    /**
     * Returns the exception that says this of a key's value, such as
     * {@code hybrid.conf: 5: key 'state-size' must be positive, is -3}, for checks that types do not make.
     */
    default SettingsException error(String key, String problem) {
        return new SettingsException("%s: key '%s' %s".formatted(origin(key), key, problem));
    }
}
