package carve.runtime.hub;

import java.net.URI;

/** Messages for refusals of the hub: what was refused, and what would help. */
final class HubErrors {
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int PROXY_AUTHENTICATION = 407;
    private static final String TOKENS = "https://huggingface.co/settings/tokens";

    private HubErrors() {}

    /**
     * Returns the exception for a response that is none of success, redirection or a passing fault.
     *
     * @param config the hub that was asked, with a token or without
     */
    static HubException of(HubConfig config, HubReference reference, HubResponse response) {
        String page = "%s/%s".formatted(config.endpoint(), reference.repository());
        boolean token = !config.token().isEmpty();
        String message = response.header("X-Error-Message");
        return new HubException(
                switch (response.header("X-Error-Code")) {
                    case "GatedRepo" -> gated(reference, page, token);
                    case "RevisionNotFound" ->
                        "%s: the repository has no revision '%s'; its branches and tags are listed at %s/tree/main"
                                .formatted(reference.repository(), reference.revision(), page);
                    case "EntryNotFound" ->
                        "%s: there is no %s".formatted(reference, HubResponse.shown(response.uri()));
                    case "RepoNotFound" -> notFound(reference, page, token);
                    default -> byStatus(reference, response, message, page, token);
                });
    }

    /** Returns the exception for a proxy that asks for a user and password. */
    static HubException ofProxy(URI server) {
        return new HubException(
                "%s://%s: the proxy asks for a user and password; give them as HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT (in a program of one's own, start Java with -Djdk.http.auth.tunneling.disabledSchemes= as well)"
                        .formatted(server.getScheme(), server.getHost()));
    }

    private static String byStatus(
            HubReference reference, HubResponse response, String message, String page, boolean token) {
        return switch (response.status()) {
            case UNAUTHORIZED ->
                token
                        ? "%s: the hub refused the access token%s; make a new one at %s and set HF_TOKEN"
                                .formatted(reference, message.isEmpty() ? "" : " (" + message + ")", TOKENS)
                        : notFound(reference, page, false);
            case FORBIDDEN ->
                "%s: access refused%s; check %s, and that the access token may read it (%s)"
                        .formatted(reference, message.isEmpty() ? "" : ": " + message, page, TOKENS);
            case NOT_FOUND -> notFound(reference, page, token);
            case PROXY_AUTHENTICATION -> ofProxy(response.uri()).getMessage();
            default ->
                "%s: %s answered with status %d%s"
                        .formatted(
                                reference,
                                HubResponse.shown(response.uri()),
                                response.status(),
                                message.isEmpty() ? "" : ": " + message);
        };
    }

    private static String gated(HubReference reference, String page, boolean token) {
        return token
                ? "%s is gated, and the account of the access token has no access; accept the conditions at %s, wait for approval where it is needed, and let the token read gated repositories (%s)"
                        .formatted(reference, page, TOKENS)
                : "%s is gated: accept the conditions at %s, make an access token at %s, and set HF_TOKEN"
                        .formatted(reference, page, TOKENS);
    }

    private static String notFound(HubReference reference, String page, boolean token) {
        return token
                ? "%s: no such repository, or a private one that the access token cannot read; check the name at %s"
                        .formatted(reference, page)
                : "%s: no such repository, or a private one; check the name at %s, and for a private one set HF_TOKEN (%s)"
                        .formatted(reference, page, TOKENS);
    }
}
