package carve.runtime.hub;

import java.io.EOFException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The download of one blob: resumed where an earlier one stopped, repeated where the connection fails, and checked by its digest
 * before it gets its name.
 *
 * <p>A resumed request needs no {@code If-Range}: its address holds the commit, and the digest covers all bytes. The entity tag
 * of the hub could not serve, since the storage behind the redirect has tags of its own.
 */
final class BlobDownload {
    private static final int PARTIAL = 206;
    private static final int RANGE_REFUSED = 416;
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

    private final HubConnection connection;
    private final HubReference reference;
    private final RemoteFile file;
    private final URI address;
    private final Path blob;
    private final Path incomplete;
    private final Path lock;
    private final LongConsumer received;
    private long counted;

    /**
     * Prepares the download.
     *
     * @param received is told how many bytes have been added; fewer than zero where some are downloaded again
     * @param counted how many bytes of an earlier download have been counted already
     */
    BlobDownload(HubConnection connection, Snapshot snapshot, RemoteFile file, LongConsumer received, long counted) {
        HubCache cache = snapshot.cache();
        this.connection = connection;
        this.reference = snapshot.reference();
        this.file = file;
        this.address = connection.address(reference, snapshot.commit(), file.name());
        this.blob = cache.blob(reference.repository(), file.digest());
        this.incomplete = cache.incomplete(reference.repository(), file.digest());
        this.lock = cache.lock(reference.repository(), file.digest());
        this.received = received;
        this.counted = counted;
    }

    /**
     * Downloads the blob, unless another process has done it meanwhile.
     *
     * @return how many bytes were missing
     * @throws HubException if the hub refuses, the content is not what it lists, or it cannot be written
     * @throws IOException if the lock cannot be opened
     */
    long run(Retries retries) throws IOException, InterruptedException {
        try (BlobLock _ = BlobLock.acquire(lock, file.name())) {
            long downloaded = isPresent(blob, file) ? 0 : download(retries);
            count(file.size());
            return downloaded;
        }
    }

    /** Returns whether there is a file of the right size. */
    static boolean isPresent(Path path, RemoteFile file) throws IOException {
        return Files.isRegularFile(path) && Files.size(path) == file.size();
    }

    private long download(Retries retries) throws InterruptedException {
        try (PartFile part = PartFile.open(incomplete, file)) {
            long before = part.size();
            boolean resumed = before > 0;
            count(before);
            receiveAll(part, retries);
            if (!part.isIntact()) {
                part.restart();
                requireResumed(resumed);
                receiveAll(part, retries);
                requireResumed(part.isIntact());
            }
            part.moveTo(blob);
            return file.size() - before;
        }
    }

    // the first part may have been damaged since
    private void requireResumed(boolean resumed) {
        if (!resumed) {
            throw new HubException(
                    "%s: '%s' has another content than the hub's digest %s says, and was deleted; a proxy or mirror may have changed it"
                            .formatted(reference, file.name(), file.digest().hex()));
        }
    }

    private void receiveAll(PartFile part, Retries retries) throws InterruptedException {
        while (!part.isComplete()) {
            try {
                receive(part, retries);
            } catch (IOException e) {
                retries.failed(file.name(), e);
            }
        }
    }

    private void receive(PartFile part, Retries retries) throws IOException, InterruptedException {
        try (HubResponse response = connection.get(reference, address, part.size())) {
            position(part, response);
            count(part.size());
            copy(response.body(), part, retries);
        }
    }

    private void copy(ResponseStream body, PartFile part, Retries retries) throws IOException, InterruptedException {
        try {
            for (var next = body.next(); next.isPresent(); next = body.next()) {
                for (ByteBuffer bytes : next.get()) {
                    part.append(bytes);
                }
                retries.progressed();
                count(part.size());
            }
        } catch (HttpTimeoutException e) {
            throw e;
        } catch (IOException e) {
            throw lost(part, e);
        }
        if (!part.isComplete()) {
            throw lost(part, new EOFException());
        }
    }

    private static IOException lost(PartFile part, IOException cause) {
        return new IOException(
                "the connection was lost after %d of %d bytes".formatted(part.size(), part.fullSize()), cause);
    }

    private void position(PartFile part, HubResponse response) throws IOException {
        Matcher range = CONTENT_RANGE.matcher(response.header("Content-Range"));
        if (response.status() == RANGE_REFUSED || (response.status() == PARTIAL && !range.matches())) {
            part.restart();
            throw new IOException("the server refused to continue after a part");
        }
        if (response.status() == PARTIAL) {
            requireSize(range.group(2));
            if (Long.parseLong(range.group(1)) != part.size()) {
                part.restart();
                throw new IOException("the server continued at another byte");
            }
        } else {
            // a server without ranges sends the whole file
            part.restart();
            requireSize(response.header("Content-Length"));
        }
    }

    private void requireSize(String told) {
        if (told.matches("\\d{1,18}") && Long.parseLong(told) != file.size()) {
            throw new HubException("%s: the hub lists '%s' with %d bytes, and the server sends %s"
                    .formatted(reference, file.name(), file.size(), told));
        }
    }

    private void count(long now) {
        received.accept(now - counted);
        counted = now;
    }
}
