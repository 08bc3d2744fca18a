package carve.runtime.hub;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model on the hub as users write it: {@code ORG/NAME[@REVISION][/FILE]}, in place of a folder with {@value #PREFIX} before it.
 *
 * <p>A revision is a branch, a tag, a commit, or {@code refs/pr/NUMBER}; in any other, a slash is written as {@code %2F}, as
 * huggingface_hub's {@code hf://} paths have it. A file is needed only where a repository has several GGUF files.
 *
 * @param repository the repository
 * @param revision the revision; {@value #MAIN} if not given
 * @param file a file of the repository; empty for the whole model
 */
public record HubReference(RepositoryName repository, String revision, String file) {
    /** The beginning of a reference where the path of a model could stand. */
    public static final String PREFIX = "hf:";
    /** The branch that is meant where no revision is given. */
    public static final String MAIN = "main";

    private static final Pattern REFERENCE =
            Pattern.compile("([^/@]+)/([^/@]+)(?:@(refs/(?:pr|convert)/[^/]+|[^/]+))?(?:/(.+))?");
    private static final Pattern REVISION =
            Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._+-]*(?:/[A-Za-z0-9_][A-Za-z0-9._+-]*)*");

    /**
     * Checks the revision and the file.
     *
     * @throws HubException if no revision or file can have this name
     */
    public HubReference {
        if (!REVISION.matcher(revision).matches() || revision.contains("..") || revision.endsWith(".lock")) {
            throw new HubException("%s: '%s' is not a revision; expected a branch, a tag or a commit, such as %s"
                    .formatted(repository, revision, MAIN));
        }
        if (!file.isEmpty()) {
            RemoteFile.requireSafe(repository, file);
            RemoteFile.requirePortable(repository, file);
        }
    }

    /** Returns whether a text is meant as a reference rather than as a path. */
    public static boolean isReference(String text) {
        return text.startsWith(PREFIX);
    }

    /**
     * Returns the reference of a text, with or without {@value #PREFIX}.
     *
     * @throws HubException if it is none
     */
    public static HubReference parse(String text) {
        String rest = isReference(text) ? text.substring(PREFIX.length()) : text;
        Matcher matcher = REFERENCE.matcher(rest);
        if (!matcher.matches()) {
            throw new HubException(
                    "'%s' is not a model on the hub; expected ORG/NAME or ORG/NAME@REVISION, such as HuggingFaceTB/SmolLM2-135M-Instruct"
                            .formatted(text));
        }
        return new HubReference(
                new RepositoryName(matcher.group(1), matcher.group(2)),
                matcher.group(3) == null ? MAIN : matcher.group(3).replace("%2F", "/"),
                matcher.group(4) == null ? "" : matcher.group(4));
    }

    /** Returns the reference without its file. */
    public HubReference model() {
        return new HubReference(repository, revision, "");
    }

    /** Returns the reference with a file. */
    public HubReference with(String name) {
        return new HubReference(repository, revision, name);
    }

    @Override
    public String toString() {
        boolean nested = revision.contains("/") && !revision.matches("refs/(?:pr|convert)/[^/]+");
        String at = revision.equals(MAIN) ? "" : "@" + (nested ? revision.replace("/", "%2F") : revision);
        return repository + at + (file.isEmpty() ? "" : "/" + file);
    }
}
