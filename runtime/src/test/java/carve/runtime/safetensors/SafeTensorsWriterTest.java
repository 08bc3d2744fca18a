package carve.runtime.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

final class SafeTensorsWriterTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("x.safetensors");
    }

    private static void refuses(String message, Executable body) {
        assertEquals(message, assertThrows(CheckpointException.class, body).getMessage());
    }

    private static MemorySegment bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return MemorySegment.ofArray(bytes);
    }

    // the example of the official writer's own tests
    @Test
    void bytesAreThoseOfTheOfficialWriter() throws IOException {
        var values = MemorySegment.ofArray(new float[] {0, 1, 2, 3, 4, 5});
        SafeTensorsWriter.write(
                file, TensorSources.of(Map.of("attn0", new TensorData(TensorType.f32(1, 1, 2, 3), values))), Map.of());
        byte[] written = Files.readAllBytes(file);
        assertArrayEquals(new byte[] {72, 0, 0, 0, 0, 0, 0, 0}, Arrays.copyOf(written, 8));
        assertEquals(
                "{\"attn0\":{\"dtype\":\"F32\",\"shape\":[1,1,2,3],\"data_offsets\":[0,24]}}       ",
                new String(written, 8, 72, StandardCharsets.UTF_8));
        assertArrayEquals(
                new byte[] {
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    (byte) 0x80,
                    0x3f,
                    0,
                    0,
                    0,
                    0x40,
                    0,
                    0,
                    0x40,
                    0x40,
                    0,
                    0,
                    (byte) 0x80,
                    0x40,
                    0,
                    0,
                    (byte) 0xa0,
                    0x40
                },
                Arrays.copyOfRange(written, 80, 104));
        assertEquals(104, written.length);
    }

    @Test
    void emptyFilesAreThoseOfTheOfficialWriter() throws IOException {
        SafeTensorsWriter.write(file, TensorSources.of(Map.of()), Map.of());
        assertArrayEquals("\u0008\0\0\0\0\0\0\0{}      ".getBytes(StandardCharsets.UTF_8), Files.readAllBytes(file));
        SafeTensorsWriter.write(file, TensorSources.of(Map.of()), Map.of("framework", "pt"));
        assertArrayEquals(
                "(\0\0\0\0\0\0\0{\"__metadata__\":{\"framework\":\"pt\"}}     ".getBytes(StandardCharsets.UTF_8),
                Files.readAllBytes(file));
    }

    @Test
    void officialOrderIsByTypeThenName() {
        var types = new LinkedHashMap<String, TensorType>();
        for (DType dtype : DType.values()) {
            types.put("b." + dtype, TensorFiles.type(dtype, dtype.blockElements()));
            types.put("a." + dtype, TensorFiles.type(dtype, dtype.blockElements()));
        }
        assertEquals(
                List.of(
                        "a.I64",
                        "b.I64",
                        "a.F64",
                        "b.F64",
                        "a.F32",
                        "b.F32",
                        "a.I32",
                        "b.I32",
                        "a.BF16",
                        "b.BF16",
                        "a.F16",
                        "b.F16",
                        "a.I16",
                        "b.I16",
                        "a.F8_E4M3",
                        "b.F8_E4M3",
                        "a.F8_E5M2",
                        "b.F8_E5M2",
                        "a.I8",
                        "b.I8",
                        "a.U8",
                        "b.U8",
                        "a.Q8_0",
                        "b.Q8_0",
                        "a.Q4_0",
                        "b.Q4_0",
                        "a.Q4_1",
                        "b.Q4_1",
                        "a.Q5_0",
                        "b.Q5_0",
                        "a.Q5_1",
                        "b.Q5_1",
                        "a.Q4_K",
                        "b.Q4_K",
                        "a.Q5_K",
                        "b.Q5_K",
                        "a.Q6_K",
                        "b.Q6_K",
                        "a.BOOL",
                        "b.BOOL"),
                List.copyOf(SafeTensorsWriter.officialOrder(types).keySet()));
    }

    @Test
    void namesSurviveWhateverTheyHold() {
        var source = TensorSources.of(TensorFiles.random(
                Map.of(
                        "a \"b\"\\\n\u0001\u4f60\ud83d\ude00",
                        TensorFiles.type(DType.U8, 3),
                        "",
                        TensorFiles.type(DType.U8, 1)),
                42));
        SafeTensorsWriter.write(file, source, Map.of("k\"", "v\n"));
        try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
            assertEquals("", TensorFiles.difference(source, read));
            assertEquals(Map.of("k\"", "v\n"), read.metadata());
        }
    }

    @Test
    void segmentsOfAnyKindAreWritten() {
        float[] values = new float[700_001];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        MemorySegment heap = MemorySegment.ofArray(values);
        try (Arena confined = Arena.ofConfined();
                Arena shared = Arena.ofShared()) {
            var tensors = new LinkedHashMap<String, TensorData>();
            TensorType type = TensorType.f32(values.length);
            tensors.put("heap", new TensorData(type, heap));
            tensors.put(
                    "confined",
                    new TensorData(type, confined.allocate(type.bytes()).copyFrom(heap)));
            tensors.put(
                    "shared",
                    new TensorData(
                            type, shared.allocate(type.bytes()).copyFrom(heap).asReadOnly()));
            SafeTensorsWriter.write(file, TensorSources.of(tensors), Map.of());
            try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
                read.names().forEach(name -> assertEquals(-1, read.data(name).mismatch(heap), name));
            }
        }
    }

    @Test
    void zerosTakeNoRoom() throws IOException {
        var types = new LinkedHashMap<String, TensorType>();
        types.put("a", TensorFiles.type(DType.BF16, 1 << 15, 1 << 15));
        types.put("b", TensorFiles.type(DType.U8, 2));
        types.put("c", TensorFiles.type(DType.BF16, 1 << 15, 1 << 15));
        try (var writer = SafeTensorsWriter.create(file, types, Map.of())) {
            writer.writeZeros("a");
            writer.write("b", bytes(1, 2));
            writer.writeZeros("c");
            writer.commit();
        }
        try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
            assertArrayEquals(new int[] {1, 2}, DTypeConversion.ints(DType.U8, read.data("b")));
            assertEquals(2L << 30, read.data("c").byteSize());
            assertEquals(
                    0f, DTypeConversion.fromBf16(read.data("c").get(ValueLayout.JAVA_SHORT_UNALIGNED, (2L << 30) - 2)));
        }
    }

    @Test
    void tensorsComeInTheAnnouncedOrder() {
        var types = new LinkedHashMap<String, TensorType>();
        types.put("a", TensorFiles.type(DType.U8, 2));
        types.put("b", TensorFiles.type(DType.U8, 1));
        try (var writer = SafeTensorsWriter.create(file, types, Map.of())) {
            refuses(file + ": tensor 'a' is due, got 'b'", () -> writer.write("b", bytes(1)));
            refuses(file + ": tensor 'a': U8 (2) takes 2 bytes, got 3", () -> writer.write("a", bytes(1, 2, 3)));
            writer.write("a", bytes(1, 2));
            refuses(file + ": tensor 'b' has not been written", writer::commit);
            writer.write("b", bytes(3));
            refuses(
                    file + ": tensor 'c' is unexpected; all declared tensors have been written",
                    () -> writer.write("c", bytes(3)));
            writer.commit();
        }
        try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
            assertArrayEquals(new int[] {1, 2}, DTypeConversion.ints(DType.U8, read.data("a")));
        }
    }

    @Test
    void closingWithoutCommitLeavesWhatWasThere() throws IOException {
        Files.writeString(file, "old");
        var types = Map.of("a", TensorFiles.type(DType.U8, 2));
        try (var writer = SafeTensorsWriter.create(file, types, Map.of())) {
            writer.write("a", bytes(1, 2));
            assertEquals(3, TensorFiles.list(folder).size());
        }
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("x.safetensors"), TensorFiles.list(folder));
    }

    @Test
    void failingSourcesLeaveWhatWasThere() throws IOException {
        Files.writeString(file, "old");
        var source = TensorSources.of(Map.of("a", TensorFiles.type(DType.U8, 2)), _ -> {
            throw new CheckpointException("the source failed");
        });
        refuses("the source failed", () -> SafeTensorsWriter.write(file, source, Map.of()));
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("x.safetensors"), TensorFiles.list(folder));
    }

    @Test
    void filesMayReplaceTheOneTheyComeFrom() {
        SafeTensorsWriter.write(
                file,
                TensorSources.of(TensorFiles.random(Map.of("a", TensorFiles.type(DType.F32, 200, 13)), 42)),
                Map.of());
        try (SafeTensorsFile old = SafeTensorsFile.open(file)) {
            SafeTensorsWriter.write(file, TensorSources.cast(old, DType.F64), Map.of());
            try (SafeTensorsFile read = SafeTensorsFile.open(file)) {
                assertEquals(TensorFiles.type(DType.F64, 200, 13), read.type("a"));
                assertArrayEquals(
                        DTypeConversion.doubles(DType.F32, old.data("a")),
                        DTypeConversion.doubles(DType.F64, read.data("a")));
            }
        }
    }

    @Test
    void foldersThatAreFilesAreRefused() throws IOException {
        Path notFolder = Files.writeString(folder.resolve("plain"), "x");
        String message = assertThrows(
                        CheckpointException.class,
                        () -> SafeTensorsWriter.create(notFolder.resolve("x.safetensors"), Map.of(), Map.of()))
                .getMessage();
        assertTrue(message.startsWith(notFolder + ": cannot be written: "), message);
    }

    @Test
    void metadataIsNotATensor() {
        refuses(
                "a tensor cannot be called __metadata__",
                () -> SafeTensorsWriter.create(file, Map.of("__metadata__", TensorFiles.type(DType.U8, 1)), Map.of()));
    }
}
