package carve.runtime.train;

import carve.api.checkpoint.CheckpointException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes scalars in the event format that TensorBoard reads: TFRecord frames around {@code tensorflow.Event} messages.
 *
 * <p>A frame is the length N (8 bytes), the masked CRC-32C of these (4), N bytes, and their masked CRC-32C (4), all
 * little-endian; a CRC is masked by turning it right by 15 bits and adding 0xa282ead8. An event has, in protocol-buffer
 * encoding, 1: wall time (double), 2: step (varint), and one of 3: {@code "brain.Event:2"}, 5: a summary, 7: a session log.
 * A summary repeats 1: a value with 1: tag and 2: a float. A session log has 1: its status; the status START at a step makes
 * readers forget what other files of the folder have from this step on.
 */
final class TensorBoardWriter implements AutoCloseable {
    private static final int MASK = 0xa282ead8;
    private static final int START = 1;
    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final Path file;
    private final OutputStream out;

    private TensorBoardWriter(Path file, OutputStream out) {
        this.file = file;
        this.out = out;
    }

    /** Creates a file in a folder for the steps after this one. */
    static TensorBoardWriter create(Path folder, long step) throws IOException {
        for (int i = 0; ; i++) {
            Path file = folder.resolve("events.out.tfevents.%010d.carve.%d".formatted(seconds(), i));
            try {
                TensorBoardWriter events =
                        new TensorBoardWriter(file, Files.newOutputStream(file, StandardOpenOption.CREATE_NEW));
                events.writeHeader(step);
                return events;
            } catch (FileAlreadyExistsException e) {
                continue;
            }
        }
    }

    private static long seconds() {
        return System.currentTimeMillis() / 1000;
    }

    private void writeHeader(long step) {
        Message version = event(0);
        version.bytes(3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
        writeRecord(version);
        if (step > 0) {
            Message log = new Message();
            log.varint(1, START);
            Message start = event(step + 1);
            start.bytes(7, log.toByteArray());
            writeRecord(start);
        }
    }

    /** Writes the scalars of a step by tag. */
    void write(long step, Map<String, Double> scalars) {
        Message summary = new Message();
        scalars.forEach((tag, scalar) -> {
            Message value = new Message();
            value.bytes(1, tag.getBytes(StandardCharsets.UTF_8));
            value.fixed32(2, scalar.floatValue());
            summary.bytes(1, value.toByteArray());
        });
        Message event = event(step);
        event.bytes(5, summary.toByteArray());
        writeRecord(event);
    }

    private static Message event(long step) {
        Message event = new Message();
        event.fixed64(1, System.currentTimeMillis() / 1000.0);
        event.varint(2, step);
        return event;
    }

    private void writeRecord(Message message) {
        byte[] data = message.toByteArray();
        ByteBuffer frame = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        frame.putLong(data.length);
        frame.putInt(maskedCrc(frame.array(), Long.BYTES));
        frame.put(data);
        frame.putInt(maskedCrc(data, data.length));
        try {
            out.write(frame.array());
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be written: %s".formatted(file, e.getMessage()), e);
        }
    }

    static int maskedCrc(byte[] data, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + MASK;
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be written: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** A protocol-buffer message in the making. */
    private static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void varint(int field, long value) {
            varint((long) field << 3 | VARINT);
            varint(value);
        }

        void bytes(int field, byte[] value) {
            varint((long) field << 3 | BYTES);
            varint(value.length);
            out.writeBytes(value);
        }

        void fixed32(int field, float value) {
            varint((long) field << 3 | FIXED32);
            out.writeBytes(little(Float.BYTES).putFloat(value).array());
        }

        void fixed64(int field, double value) {
            varint((long) field << 3 | FIXED64);
            out.writeBytes(little(Double.BYTES).putDouble(value).array());
        }

        private static ByteBuffer little(int bytes) {
            return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        private void varint(long value) {
            long rest = value;
            while ((rest & ~0x7FL) != 0) {
                out.write((int) (rest & 0x7F | 0x80));
                rest >>>= 7;
            }
            out.write((int) rest);
        }

        byte[] toByteArray() {
            return out.toByteArray();
        }
    }
}
