package carve.runtime.hub;

import java.util.regex.Pattern;

/**
 * The name of a model repository, {@code ORG/NAME}.
 *
 * @param organisation the user or organisation that owns it
 * @param name its name
 */
public record RepositoryName(String organisation, String name) {
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?");
    private static final int MAX_LENGTH = 96;

    /**
     * Checks the name by the hub's own rules.
     *
     * @throws HubException if no repository can have this name
     */
    public RepositoryName {
        String text = organisation + "/" + name;
        boolean valid = WORD.matcher(organisation).matches()
                && WORD.matcher(name).matches()
                && !text.contains("--")
                && !text.contains("..")
                && text.length() <= MAX_LENGTH;
        if (!valid) {
            throw new HubException(
                    "'%s' is not the name of a repository; expected ORG/NAME of letters, digits, '-', '_' and '.', such as HuggingFaceTB/SmolLM2-135M-Instruct"
                            .formatted(text));
        }
    }

    /** Returns the name of the repository's folder in the cache. */
    public String folder() {
        return "models--%s--%s".formatted(organisation, name);
    }

    @Override
    public String toString() {
        return organisation + "/" + name;
    }
}
