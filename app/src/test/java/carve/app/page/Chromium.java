package carve.app.page;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.testkit.LoggedAssumptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A headless Chromium, driven by the protocol of its developer tools, with one page. Errors of the page are kept.
 *
 * <p>Where there is no Chromium, or one that does not start, tests of pages are left out and say so.
 */
public final class Chromium implements AutoCloseable {
    /** The reason given for skipping tests of pages where there is no browser. */
    private static final String REASON =
            "no Chromium on the PATH (chromium, chromium-browser, google-chrome), so pages were not tried";

    private static final int SECONDS = 120;
    private static final long POLL_NANOS = 20_000_000L;

    private final Process process;
    private final Path profile;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final String session;

    /** Takes messages of the browser. */
    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                take(Json.parseObject(text.toString(), "browser"));
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedStage(null);
        }
    }

    private Chromium(Path program) throws IOException {
        profile = Files.createTempDirectory("chromium");
        process = new ProcessBuilder(
                        program.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-quic",
                        "--disable-dev-shm-usage",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--hide-scrollbars",
                        "--force-color-profile=srgb",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(listening()), new Listener())
                .join();
        String target = send("", "Target.createTarget", JsonObject.empty().with("url", "about:blank"))
                .string("targetId");
        session = send(
                        "",
                        "Target.attachToTarget",
                        JsonObject.empty().with("targetId", target).with("flatten", true))
                .string("sessionId");
        for (String domain : List.of("Page", "Runtime", "Log")) {
            send(domain + ".enable", JsonObject.empty());
        }
    }

    // the browser writes where it listens: a port, and a path
    private String listening() throws IOException {
        Path told = profile.resolve("DevToolsActivePort");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (process.isAlive() && System.nanoTime() < end) {
            List<String> lines = Files.exists(told) ? Files.readAllLines(told) : List.of();
            if (lines.size() == 2) {
                return "ws://127.0.0.1:%s%s".formatted(lines.getFirst(), lines.getLast());
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        process.destroyForcibly();
        throw new IOException("the Chromium on the PATH does not start");
    }

    /** Returns the browser's program, if there is one on the path. */
    private static Optional<Path> program() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.of("chromium", "chromium-browser", "google-chrome")
                .flatMap(name ->
                        Stream.of(path.split(java.io.File.pathSeparator)).map(folder -> Path.of(folder, name)))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts the browser with a window of so many pixels.
     *
     * @throws IOException if there is none, or it does not start
     */
    public static Chromium start(int width, int height) throws IOException {
        Chromium chromium = new Chromium(program().orElseThrow(() -> new IOException(REASON)));
        chromium.size(width, height);
        return chromium;
    }

    /** Starts the browser with a window of so many pixels; where there is none that starts, the test is left out. */
    public static Chromium orLeaveOut(int width, int height) {
        LoggedAssumptions.assumeTrue(program().isPresent(), REASON);
        try {
            return start(width, height);
        } catch (IOException e) {
            LoggedAssumptions.assumeTrue(false, e.getMessage() + ", so pages were not tried");
            throw new UncheckedIOException(e);
        }
    }

    private void take(JsonObject message) {
        if (message.has("id")) {
            Optional.ofNullable(answers.remove(message.integer("id"))).ifPresent(waiting -> waiting.complete(message));
            return;
        }
        switch (message.optionalString("method").orElse("")) {
            case "Runtime.exceptionThrown", "Log.entryAdded" -> {
                String text = Json.compact(message.object("params"));
                boolean error = text.contains("\"level\":\"error\"") && !text.contains("\"source\":\"network\"");
                if (error || text.contains("exceptionDetails")) {
                    errors.add(text);
                }
            }
            default -> {}
        }
    }

    private JsonObject send(String method, JsonObject params) {
        return send(session, method, params);
    }

    private JsonObject send(String to, String method, JsonObject params) {
        int id = ids.incrementAndGet();
        JsonObject message =
                JsonObject.empty().with("id", id).with("method", method).with("params", params);
        CompletableFuture<JsonObject> waiting = new CompletableFuture<>();
        answers.put(id, waiting);
        socket.sendText(Json.compact(to.isEmpty() ? message : message.with("sessionId", to)), true)
                .join();
        JsonObject answer = waiting.orTimeout(2 * SECONDS, TimeUnit.SECONDS).join();
        if (answer.has("error")) {
            throw new IllegalStateException(method + ": " + Json.compact(answer.object("error")));
        }
        return answer.object("result");
    }

    /** Changes the size of the window. */
    public void size(int width, int height) {
        send(
                "Emulation.setDeviceMetricsOverride",
                JsonObject.empty()
                        .with("width", width)
                        .with("height", height)
                        .with("deviceScaleFactor", 1)
                        .with("mobile", width < 600));
    }

    /** Makes the page light or dark. */
    public void scheme(String name) {
        JsonObject feature =
                JsonObject.empty().with("name", "prefers-color-scheme").with("value", name);
        send("Emulation.setEmulatedMedia", JsonObject.empty().with("features", JsonArray.of(feature)));
    }

    /** Goes to an address and waits until the page is there; errors of pages before it are forgotten. */
    public void go(String address) {
        leave();
        send("Page.navigate", JsonObject.empty().with("url", address));
        waitFor("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /** Goes to a page of nothing, so that nobody asks a server any more. */
    public void leave() {
        send("Page.navigate", JsonObject.empty().with("url", "about:blank"));
        waitFor("document.readyState === 'complete' && location.href === 'about:blank'");
        errors.clear();
    }

    /** Loads the page again. */
    public void reload() {
        send("Page.reload", JsonObject.empty());
    }

    /** Returns what an expression is, as text; promises are waited for. */
    public String read(String expression) {
        JsonObject result = send(
                "Runtime.evaluate",
                JsonObject.empty()
                        .with("expression", expression)
                        .with("awaitPromise", true)
                        .with("userGesture", true)
                        .with("returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + Json.compact(result.object("exceptionDetails")));
        }
        JsonValue value = result.object("result").value("value").orElse(new JsonString("undefined"));
        return value instanceof JsonString string ? string.text() : Json.compact(value);
    }

    /** Waits until an expression is true; what it is on a page that is yet to come does not matter. */
    public void waitFor(String condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!isTrue(condition)) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(
                        "never came true: %s\n%s\n%s".formatted(condition, errors, read("document.body.innerText")));
            }
        }
    }

    private boolean isTrue(String condition) {
        try {
            return read(("new Promise(done => setTimeout(() => { try { done(!!(%s)); } catch { done(false); } }, 40))")
                            .formatted(condition))
                    .equals("true");
        } catch (IllegalStateException e) {
            return false; // the page went away meanwhile
        }
    }

    /** Clicks the element that a selector finds, where it is on the screen. */
    public void click(String selector) {
        waitFor("document.querySelector('%s')".formatted(selector));
        JsonObject at = Json.parseObject(
                read(("(() => { const e = document.querySelector('%s'); e.scrollIntoView({block: 'nearest'});"
                                + " const r = e.getBoundingClientRect();"
                                + " return JSON.stringify({x: r.x + r.width / 2, y: r.y + r.height / 2}); })()")
                        .formatted(selector)),
                selector);
        for (String type : List.of("mousePressed", "mouseReleased")) {
            send(
                    "Input.dispatchMouseEvent",
                    at.with("type", type).with("button", "left").with("clickCount", 1));
        }
    }

    /** Types text where the focus is. */
    public void type(String text) {
        send("Input.insertText", JsonObject.empty().with("text", text));
    }

    /** Presses a key such as {@code Enter}, {@code Escape} or {@code ArrowRight}. */
    public void press(String key) {
        Map<String, Integer> codes = Map.of("Enter", 13, "Escape", 27, "Tab", 9, "ArrowRight", 39, "ArrowLeft", 37);
        JsonObject event = JsonObject.empty()
                .with("key", key)
                .with("code", key)
                .with("windowsVirtualKeyCode", codes.getOrDefault(key, 0));
        JsonObject down = key.equals("Enter") ? event.with("text", "\r") : event;
        send("Input.dispatchKeyEvent", down.with("type", key.equals("Enter") ? "keyDown" : "rawKeyDown"));
        send("Input.dispatchKeyEvent", event.with("type", "keyUp"));
    }

    /** Gives a file to the input that a selector finds. */
    public void upload(String selector, Path file) {
        send("DOM.enable", JsonObject.empty());
        int root = send("DOM.getDocument", JsonObject.empty()).object("root").integer("nodeId");
        int node = send(
                        "DOM.querySelector",
                        JsonObject.empty().with("nodeId", root).with("selector", selector))
                .integer("nodeId");
        send(
                "DOM.setFileInputFiles",
                JsonObject.empty()
                        .with(
                                "files",
                                JsonArray.ofStrings(
                                        List.of(file.toAbsolutePath().toString())))
                        .with("nodeId", node));
    }

    /** Writes what the window shows into a PNG file. */
    public void picture(Path file) throws IOException {
        String data = send("Page.captureScreenshot", JsonObject.empty().with("format", "png"))
                .string("data");
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(data));
    }

    /** Returns the errors of the page until now. */
    public List<String> errors() {
        return List.copyOf(errors);
    }

    /** Ends the browser. */
    @Override
    public void close() {
        client.shutdownNow();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try (Stream<Path> files = Files.walk(profile)) {
            process.waitFor(SECONDS, TimeUnit.SECONDS);
            List<Path> all = new ArrayList<>(files.toList());
            all.reversed().forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
