package carve.runtime.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.runtime.hub.TestHttpServer.Reply;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Proxies are those that the environment's variables name, as curl and Python read them. */
final class EnvironmentProxiesTest {
    @TempDir
    private Path home;

    @ParameterizedTest
    @CsvSource({
        "https://huggingface.co/x, a:3128",
        "http://huggingface.co/x, b:80",
        "https://internal/x, ",
        "https://deep.internal/x, ",
        "https://notinternal/x, a:3128",
        "https://cdn.corp.example/x, ",
        "https://other:8443/x, ",
        "https://other:8444/x, a:3128",
    })
    void proxiesAreChosenBySchemeAndHost(String uri, String proxy) {
        EnvironmentProxies proxies = EnvironmentProxies.of(Map.of(
                "HTTPS_PROXY", "http://a:3128", "all_proxy", "b", "NO_PROXY", "internal, .corp.example,other:8443"));
        Proxy expected = proxy == null
                ? Proxy.NO_PROXY
                : new Proxy(
                        Proxy.Type.HTTP,
                        InetSocketAddress.createUnresolved(proxy.split(":")[0], Integer.parseInt(proxy.split(":")[1])));
        assertEquals(List.of(expected), proxies.select(URI.create(uri)));
    }

    @Test
    void anAddressThatIsNoneIsRefusedWithoutItsPassword() {
        assertEquals(
                "HTTPS_PROXY: not the address of an HTTP proxy; expected http://HOST:PORT",
                assertThrows(
                                HubException.class,
                                () -> EnvironmentProxies.of(Map.of("HTTPS_PROXY", "socks5://user:secret@a:1")))
                        .getMessage());
    }

    @Test
    @Timeout(60)
    void aPullGoesOverTheProxyWithItsUser() throws Exception {
        List<TestHttpServer.Request> seen = new CopyOnWriteArrayList<>();
        try (TestHub hub = PullHarness.model(TestHub.start());
                TestHttpServer proxy = TestHttpServer.start(0, request -> {
                    seen.add(request);
                    return Reply.of(404, Map.of("X-Error-Code", "RepoNotFound"), new byte[0]);
                })) {
            PullHarness harness = new PullHarness(hub, home)
                    .with("HF_ENDPOINT", "http://hub.example")
                    .with(
                            "HTTP_PROXY",
                            "http://me:pass%20word@127.0.0.1:" + proxy.address().getPort());
            assertThrows(HubException.class, harness::pull);
            assertEquals(
                    "http://hub.example/api/models/acme/tiny/revision/main",
                    seen.getFirst().path());
            assertEquals(Optional.of("Basic bWU6cGFzcyB3b3Jk"), seen.getFirst().header("Proxy-Authorization"));
            assertEquals(List.of(), hub.requests());
        }
    }

    @ParameterizedTest
    @Timeout(60)
    @ValueSource(strings = {"http://hub.example", "https://hub.example"})
    void aProxyThatAsksForAUserSaysHowToGiveOne(String endpoint) throws Exception {
        Map<String, String> headers = Map.of("Proxy-Authenticate", "Basic realm=\"x\"");
        try (TestHub hub = PullHarness.model(TestHub.start());
                TestHttpServer proxy = TestHttpServer.start(0, _ -> Reply.of(407, headers, new byte[0]))) {
            PullHarness harness = new PullHarness(hub, home)
                    .with("HF_ENDPOINT", endpoint)
                    .with("ALL_PROXY", proxy.address().toString());
            assertEquals(
                    endpoint
                            + ": the proxy asks for a user and password; give them as HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT (in a program of one's own, start Java with -Djdk.http.auth.tunneling.disabledSchemes= as well)",
                    assertThrows(HubException.class, harness::pull).getMessage());
        }
    }
}
