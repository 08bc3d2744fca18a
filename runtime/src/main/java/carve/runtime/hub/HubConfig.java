package carve.runtime.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The hub and the cache of a process, as the environment variables of huggingface_hub say.
 *
 * @param endpoint the hub's address, {@code HF_ENDPOINT}; https://huggingface.co if not given
 * @param cache the folder of the cache, {@code HF_HUB_CACHE}; {@code HF_HOME/hub} if not given, where {@code HF_HOME} is {@code
 *     ~/.cache/huggingface} (or {@code XDG_CACHE_HOME/huggingface}) if not given
 * @param token the access token, {@code HF_TOKEN} or the content of the file {@code HF_TOKEN_PATH}, {@code HF_HOME/token} if not
 *     given; empty without one
 * @param offline whether the network must not be used, {@code HF_HUB_OFFLINE}
 * @param symlinks whether the cache may have symbolic links: not with {@code HF_HUB_DISABLE_SYMLINKS}
 * @param timeout the longest wait for the next bytes, {@code HF_HUB_DOWNLOAD_TIMEOUT} in seconds
 * @param proxies which requests go over a proxy, {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code ALL_PROXY} and {@code NO_PROXY}
 */
public record HubConfig(
        URI endpoint,
        Path cache,
        String token,
        boolean offline,
        boolean symlinks,
        Duration timeout,
        EnvironmentProxies proxies) {
    private static final String HUB = "https://huggingface.co";
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");
    private static final String USUAL_TIMEOUT = "30";

    /** Returns the configuration of this process. */
    public static HubConfig ofProcess() {
        return of(System.getenv());
    }

    /**
     * Returns the configuration of an environment.
     *
     * @throws HubException if a variable has a value that is none
     */
    public static HubConfig of(Map<String, String> environment) {
        Path home = home(environment);
        return new HubConfig(
                endpoint(environment),
                cache(environment),
                token(environment, home),
                isTrue(environment, "HF_HUB_OFFLINE") || isTrue(environment, "TRANSFORMERS_OFFLINE"),
                !isTrue(environment, "HF_HUB_DISABLE_SYMLINKS"),
                timeout(environment.getOrDefault("HF_HUB_DOWNLOAD_TIMEOUT", USUAL_TIMEOUT)),
                EnvironmentProxies.of(environment));
    }

    /** Returns the folder of the cache in an environment, without a look at anything else. */
    static Path cache(Map<String, String> environment) {
        for (String variable : List.of("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")) {
            if (isSet(environment, variable)) {
                return path(environment, environment.get(variable)).toAbsolutePath();
            }
        }
        return home(environment).resolve("hub").toAbsolutePath();
    }

    private static Path home(Map<String, String> environment) {
        if (isSet(environment, "HF_HOME")) {
            return path(environment, environment.get("HF_HOME"));
        }
        String caches = isSet(environment, "XDG_CACHE_HOME") ? environment.get("XDG_CACHE_HOME") : "~/.cache";
        return path(environment, caches).resolve("huggingface");
    }

    // ~ and $VARIABLE stand in paths as Python's expanduser and expandvars have them
    private static Path path(Map<String, String> environment, String text) {
        String user = environment.getOrDefault("HOME", System.getProperty("user.home"));
        String expanded = text.equals("~") || text.startsWith("~/") ? user + text.substring(1) : text;
        return Path.of(VARIABLE.matcher(expanded)
                .replaceAll(variable -> Matcher.quoteReplacement(environment.getOrDefault(
                        variable.group(1) == null ? variable.group(2) : variable.group(1), variable.group()))));
    }

    private static URI endpoint(Map<String, String> environment) {
        String text = isSet(environment, "HF_ENDPOINT") ? environment.get("HF_ENDPOINT") : HUB;
        try {
            URI uri = URI.create(text.replaceFirst("/+$", ""));
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && List.of("http", "https").contains(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw new HubException(
                "HF_ENDPOINT: not the address of a hub; expected one such as %s, without a user or password"
                        .formatted(HUB));
    }

    private static String token(Map<String, String> environment, Path home) {
        if (isTrue(environment, "HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            return "";
        }
        for (String variable : List.of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")) {
            String token = environment.getOrDefault(variable, "").strip();
            if (!token.isEmpty()) {
                return requireToken(token, variable);
            }
        }
        Path file = isSet(environment, "HF_TOKEN_PATH")
                ? path(environment, environment.get("HF_TOKEN_PATH"))
                : home.resolve("token");
        try {
            return Files.isRegularFile(file)
                    ? requireToken(Files.readString(file).strip(), file.toString())
                    : "";
        } catch (IOException e) {
            throw new HubException("%s: the access token cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    // it goes into a header
    private static String requireToken(String token, String origin) {
        if (token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
            throw new HubException(
                    "%s: not an access token: it has spaces or other characters that no token has".formatted(origin));
        }
        return token;
    }

    private static Duration timeout(String text) {
        if (!text.matches("[1-9][0-9]{0,5}")) {
            throw new HubException("HF_HUB_DOWNLOAD_TIMEOUT: found '%s'; expected a number of seconds".formatted(text));
        }
        return Duration.ofSeconds(Integer.parseInt(text));
    }

    private static boolean isSet(Map<String, String> environment, String variable) {
        return !environment.getOrDefault(variable, "").isBlank();
    }

    private static boolean isTrue(Map<String, String> environment, String variable) {
        return TRUE.contains(environment.getOrDefault(variable, "").toUpperCase(Locale.ROOT));
    }

    /** Returns the configuration without the token, which must not come into a log. */
    @Override
    public String toString() {
        return "hub %s, cache %s, %s token%s"
                .formatted(endpoint, cache, token.isEmpty() ? "no" : "with a", offline ? ", offline" : "");
    }
}
