package carve.app.plugin;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** The entries of a jar, which is a file or an entry of a zip. Nothing is unpacked to a disk. */
sealed interface JarSource {
    /** The name of the jar in messages: its path in the plugin's folder. */
    String label();

    /**
     * Shows all entries to a visitor.
     *
     * @throws IOException if the jar cannot be read, or unpacks to more bytes than the limit
     */
    void visit(Visitor visitor) throws IOException;

    /** A reader of entries. */
    @FunctionalInterface
    interface Visitor {
        /** Reads an entry; the content may be opened once, before this returns. */
        void entry(String name, boolean directory, Content content) throws IOException;
    }

    /** The content of an entry. */
    @FunctionalInterface
    interface Content {
        InputStream open() throws IOException;
    }

    /** A jar that is a file. */
    record OfFile(String label, Path file) implements JarSource {
        @Override
        public void visit(Visitor visitor) throws IOException {
            try (ZipFile zip = new ZipFile(file.toFile(), StandardCharsets.UTF_8)) {
                for (ZipEntry entry : zip.stream().toList()) {
                    visitor.entry(entry.getName(), entry.isDirectory(), () -> zip.getInputStream(entry));
                }
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }
    }

    /**
     * A jar that is an entry of a zip, read from its beginning to its end.
     *
     * @param zip the zip, open
     * @param maxBytes the greatest number of bytes that the jar may unpack to
     */
    record Nested(String label, ZipFile zip, ZipEntry jar, long maxBytes) implements JarSource {
        @Override
        public void visit(Visitor visitor) throws IOException {
            try (InputStream packed = new LimitedInputStream(zip.getInputStream(jar), maxBytes);
                    ZipInputStream entries = new ZipInputStream(packed, StandardCharsets.UTF_8)) {
                LimitedInputStream unpacked = new LimitedInputStream(entries, maxBytes);
                int count = 0;
                for (ZipEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                    visitor.entry(entry.getName(), entry.isDirectory(), () -> unclosed(unpacked));
                    unpacked.transferTo(OutputStream.nullOutputStream());
                    count++;
                }
                if (count == 0) {
                    throw new IOException("it has no entries");
                }
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }

        private static InputStream unclosed(InputStream stream) {
            return new FilterInputStream(stream) {
                @Override
                public void close() {
                    // the next entry comes from it
                }
            };
        }
    }
}
