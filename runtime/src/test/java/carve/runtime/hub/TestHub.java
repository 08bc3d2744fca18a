package carve.runtime.hub;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.runtime.hub.TestHttpServer.Reply;
import carve.runtime.hub.TestHttpServer.Request;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * A hub of one repository, as huggingface.co answers: a list of files, small files with git's SHA-1 as their tag, large ones
 * behind a redirect to a storage on another port with a signed address. Faults can be put before its answers.
 */
final class TestHub implements AutoCloseable {
    static final String REPOSITORY = "acme/tiny";
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    static final String TOKEN = "hf_secret";

    private static final String SIGNATURE = "Signature=s3cret&Expires=9";

    private final Map<String, byte[]> files = new TreeMap<>();
    private final Map<String, byte[]> storage = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final List<Fault> faults = Collections.synchronizedList(new ArrayList<>());
    private final TestHttpServer hub;
    private final TestHttpServer cdn;
    private UnaryOperator<JsonObject> listing = UnaryOperator.identity();
    private boolean isPrivate;

    private record Fault(String path, UnaryOperator<Reply> change) {}

    private TestHub(int port) throws IOException {
        hub = TestHttpServer.start(port, request -> answer(request, this::hub));
        cdn = TestHttpServer.start(0, request -> answer(request, this::cdn));
    }

    static TestHub start() throws IOException {
        return new TestHub(0);
    }

    /** Serves the files of a folder on a port until it is stopped, for other clients than Carve's. */
    public static void main(String[] arguments) throws Exception {
        try (TestHub hub = new TestHub(Integer.parseInt(arguments[0]));
                Stream<Path> files = Files.walk(Path.of(arguments[1]))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                hub.with(
                        Path.of(arguments[1]).relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
            }
            System.out.println(hub.endpoint());
            Thread.currentThread().join();
        }
    }

    URI endpoint() {
        return hub.address();
    }

    TestHub with(String name, byte[] content) {
        files.put(name, content);
        return this;
    }

    TestHub with(String name, String content) {
        return with(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Changes the list of files. */
    TestHub listed(UnaryOperator<JsonObject> change) {
        listing = change;
        return this;
    }

    /** Demands the token. */
    TestHub closed() {
        isPrivate = true;
        return this;
    }

    /** Changes the next answer to a request whose path contains a text. */
    TestHub once(String path, UnaryOperator<Reply> change) {
        faults.add(new Fault(path, change));
        return this;
    }

    /** Returns what was asked for, hub and storage. */
    List<Request> requests() {
        return List.copyOf(requests);
    }

    private Reply answer(Request request, java.util.function.Function<Request, Reply> usual) {
        requests.add(request);
        Reply reply = usual.apply(request);
        return take(request.path()).map(fault -> fault.change.apply(reply)).orElse(reply);
    }

    private Optional<Fault> take(String path) {
        synchronized (faults) {
            Optional<Fault> first =
                    faults.stream().filter(fault -> path.contains(fault.path)).findFirst();
            first.ifPresent(faults::remove);
            return first;
        }
    }

    private Reply hub(Request request) {
        if (isPrivate && !request.header("Authorization").equals(Optional.of("Bearer " + TOKEN))) {
            return refused(401, "RepoNotFound", "Repository not found");
        }
        String api = "/api/models/" + REPOSITORY;
        String resolve = "/" + REPOSITORY + "/resolve/";
        if (request.path().startsWith(resolve)) {
            String[] rest = request.path().substring(resolve.length()).split("/", 2);
            return known(rest[0]) ? file(request, rest[1]) : refused(404, "RevisionNotFound", "Invalid rev id");
        }
        if (!request.path().startsWith(api)) {
            return refused(404, "RepoNotFound", "Repository not found");
        }
        String[] rest = request.path().substring(api.length()).split("/", 3);
        if (rest.length == 3 && !known(rest[2])) {
            return refused(404, "RevisionNotFound", "Invalid rev id: " + rest[2]);
        }
        return Reply.json(Json.compact(rest.length == 3 && rest[1].equals("tree") ? tree() : listing.apply(info())));
    }

    private static boolean known(String revision) {
        return List.of("main", "v1.0", "refs/pr/1", COMMIT).contains(revision);
    }

    static Reply refused(int status, String code, String message) {
        return Reply.of(status, Map.of("X-Error-Code", code, "X-Error-Message", message), new byte[0]);
    }

    private JsonObject info() {
        List<JsonValue> siblings = new ArrayList<>();
        files.forEach((name, content) -> {
            JsonObject file = JsonObject.empty()
                    .with("rfilename", name)
                    .with("size", content.length)
                    .with("blobId", gitSha1(content));
            siblings.add(
                    isLarge(name)
                            ? file.with(
                                    "lfs",
                                    JsonObject.empty()
                                            .with("sha256", sha256(content))
                                            .with("size", content.length)
                                            .with("pointerSize", 134))
                            : file);
        });
        return JsonObject.empty()
                .with("id", REPOSITORY)
                .with("modelId", REPOSITORY)
                .with("sha", COMMIT)
                .with("private", isPrivate)
                .with("siblings", new JsonArray(siblings));
    }

    private JsonValue tree() {
        List<JsonValue> entries = new ArrayList<>();
        files.forEach((name, content) -> {
            JsonObject file = JsonObject.empty()
                    .with("type", "file")
                    .with("path", name)
                    .with("size", content.length)
                    .with("oid", gitSha1(content));
            entries.add(
                    isLarge(name)
                            ? file.with(
                                    "lfs",
                                    JsonObject.empty()
                                            .with("oid", sha256(content))
                                            .with("size", content.length)
                                            .with("pointerSize", 134))
                            : file);
        });
        return new JsonArray(entries);
    }

    private Reply file(Request request, String name) {
        byte[] content = files.get(name);
        if (content == null) {
            return refused(404, "EntryNotFound", "Entry not found");
        }
        Map<String, String> headers = new LinkedHashMap<>(Map.of("X-Repo-Commit", COMMIT));
        if (!isLarge(name)) {
            headers.put("ETag", "\"%s\"".formatted(gitSha1(content)));
            return ranged(request, headers, content);
        }
        String digest = sha256(content);
        storage.put(digest, content);
        headers.put("X-Linked-Size", String.valueOf(content.length));
        headers.put("X-Linked-Etag", "\"%s\"".formatted(digest));
        headers.put("Location", "%s/cdn/%s?%s".formatted(cdn.address(), digest, SIGNATURE));
        return Reply.of(302, headers, new byte[0]);
    }

    private Reply cdn(Request request) {
        byte[] content = storage.get(request.path().replace("/cdn/", ""));
        return content == null || !request.query().equals(SIGNATURE)
                ? Reply.of(403, Map.of(), new byte[0])
                : ranged(request, Map.of("ETag", "\"of the storage\""), content);
    }

    private static Reply ranged(Request request, Map<String, String> headers, byte[] content) {
        Optional<Integer> from =
                request.header("Range").map(range -> Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1")));
        if (from.isEmpty()) {
            return Reply.of(200, headers, content);
        }
        if (from.get() >= content.length) {
            return Reply.of(416, Map.of("Content-Range", "bytes */" + content.length), new byte[0]);
        }
        Map<String, String> ranged = new LinkedHashMap<>(headers);
        ranged.put("Content-Range", "bytes %d-%d/%d".formatted(from.get(), content.length - 1, content.length));
        return Reply.of(206, ranged, Arrays.copyOfRange(content, from.get(), content.length));
    }

    static boolean isLarge(String name) {
        return name.endsWith(".safetensors") || name.endsWith(".gguf") || name.endsWith(".bin");
    }

    static String sha256(byte[] content) {
        return HexFormat.of().formatHex(digest("SHA-256").digest(content));
    }

    static String gitSha1(byte[] content) {
        MessageDigest digest = digest("SHA-1");
        digest.update("blob %d\0".formatted(content.length).getBytes(StandardCharsets.US_ASCII));
        return HexFormat.of().formatHex(digest.digest(content));
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        hub.close();
        cdn.close();
    }
}
