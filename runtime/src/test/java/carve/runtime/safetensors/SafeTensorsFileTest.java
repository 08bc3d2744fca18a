package carve.runtime.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSources;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests of reading safetensors files, whole, damaged and truncated. */
final class SafeTensorsFileTest {
    @TempDir
    private Path folder;

    private static String refusal(Path file) {
        return assertThrows(CheckpointException.class, () -> SafeTensorsFile.open(file))
                .getMessage();
    }

    @Test
    void missingFilesAreRefused() {
        Path file = folder.resolve("none.safetensors");
        assertEquals(file + ": no such file", refusal(file));
    }

    @Test
    void filesShorterThanTheLengthAreRefused() throws IOException {
        for (int size : new int[] {0, 1, 7}) {
            Path file = Files.write(folder.resolve("short.safetensors"), new byte[size]);
            assertEquals(file + ": the file has " + size + " bytes, the header's length alone takes 8", refusal(file));
        }
    }

    @Test
    void everyTruncationOfARealFileIsRefused() throws IOException {
        byte[] whole = Files.readAllBytes(TensorFiles.fixtures().resolve("mm_layers/causal_conv1d.safetensors"));
        Path file = folder.resolve("cut.safetensors");
        for (int size = 0; size < whole.length; size += size < 64 ? 1 : 997) {
            Files.write(file, Arrays.copyOf(whole, size));
            assertTrue(refusal(file).startsWith(file + ": "));
            Files.delete(file);
        }
    }

    @Test
    void randomDamageIsRefusedOrHarmless() throws IOException {
        byte[] whole = Files.readAllBytes(TensorFiles.fixtures().resolve("mm_layers/causal_conv1d.safetensors"));
        int header = 8 + (whole[0] & 0xff | (whole[1] & 0xff) << 8);
        var random = new SplittableRandom(42);
        Path file = folder.resolve("damaged.safetensors");
        int refused = 0;
        for (int round = 0; round < 500; round++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(header)] = (byte) random.nextInt();
            Files.write(file, damaged);
            try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
                long bytes = tensors.names().stream()
                        .mapToLong(name -> tensors.data(name).byteSize())
                        .sum();
                assertEquals(whole.length - header, bytes);
            } catch (CheckpointException e) {
                refused++;
            }
        }
        assertTrue(refused > 250, refused + " refused");
    }

    @Test
    void unknownTensorsAreRefusedWithTheNearest() throws IOException {
        Path file = TensorFiles.file(
                folder, "{\"layers.0.weight\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2);
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            assertEquals(
                    file + ": no tensor 'layers.0.weigth'; there is 1 other; did you mean 'layers.0.weight'?",
                    assertThrows(CheckpointException.class, () -> tensors.data("layers.0.weigth"))
                            .getMessage());
        }
    }

    @Test
    void namesComeInTheOrderOfTheValues() throws IOException {
        Path file = TensorFiles.file(folder, """
                {"b":{"dtype":"I16","shape":[2],"data_offsets":[4,8]},"empty":{"dtype":"F32","shape":[3,0],"data_offsets":[4,4]},
                 "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"__metadata__":{"format":"pt","x":"y"}}\s\s\s\s""", 8);
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            assertEquals(List.of("a", "empty", "b"), List.copyOf(tensors.names()));
            assertEquals(TensorFiles.type(DType.F32), tensors.type("a"));
            assertEquals(TensorFiles.type(DType.F32, 3, 0), tensors.type("empty"));
            assertEquals(0, tensors.data("empty").byteSize());
            assertEquals(Map.of("format", "pt", "x", "y"), tensors.metadata());
            assertEquals(file, tensors.file());
        }
    }

    @Test
    void valuesAreReadOnlyAndGoneAfterClosing() throws IOException {
        Path file = TensorFiles.file(folder, "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2);
        SafeTensorsFile tensors = SafeTensorsFile.open(file);
        MemorySegment data = tensors.data("a");
        assertTrue(data.isReadOnly());
        assertThrows(IllegalArgumentException.class, () -> data.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
        tensors.close();
        assertFalse(data.scope().isAlive());
        assertThrows(IllegalStateException.class, () -> data.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void allTypesAreReadAsTheyWereWritten() {
        var types = new LinkedHashMap<String, TensorType>();
        for (DType dtype : DType.values()) {
            types.put(dtype.name(), TensorFiles.type(dtype, 5, 13 * dtype.blockElements()));
        }
        var source = TensorSources.of(TensorFiles.random(types, 42));
        Path file = folder.resolve("all.safetensors");
        SafeTensorsWriter.write(file, source, Map.of());
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            assertEquals("", TensorFiles.difference(source, tensors));
        }
    }

    @Test
    void quantisedTensorsAreBytesWithTheirTypesInTheMetadata() throws IOException {
        Path file = folder.resolve("blocks.safetensors");
        var types = new LinkedHashMap<String, TensorType>();
        types.put("norm", TensorFiles.type(DType.F32, 3));
        types.put("a", TensorFiles.type(DType.Q8_0, 2, 64));
        types.put("b", TensorFiles.type(DType.Q4_0, 32));
        var source = TensorSources.of(TensorFiles.random(types, 42));
        SafeTensorsWriter.write(file, source, Map.of("format", "pt"));
        byte[] bytes = Files.readAllBytes(file);
        String header = "{'__metadata__':{'format':'pt','carve.quantization':'{*'Q8_0*':[*'a*'],*'Q4_0*':[*'b*']}'},"
                + "'norm':{'dtype':'F32','shape':[3],'data_offsets':[0,12]},"
                + "'a':{'dtype':'U8','shape':[2,68],'data_offsets':[12,148]},"
                + "'b':{'dtype':'U8','shape':[18],'data_offsets':[148,166]}}";
        String text = new String(bytes, 8, bytes.length - 166 - 8, StandardCharsets.UTF_8);
        assertEquals(header.replace('\'', '"').replace('*', '\\'), text.strip());
        assertEquals(0, (bytes.length - 166) % 64, "values begin at a cache line");
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            assertEquals("", TensorFiles.difference(source, tensors));
            assertEquals(Map.of("format", "pt"), tensors.metadata());
        }
    }

    @Test
    void metadataMayBeNull() throws IOException {
        Path file = TensorFiles.file(
                folder, "{\"__metadata__\":null,\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4);
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            assertEquals(Map.of(), tensors.metadata());
            assertEquals(Set.of("a"), tensors.names());
        }
    }

    static Stream<Arguments> hostileQuantisation() {
        return Stream.of(
                Arguments.of(
                        "{",
                        "__metadata__: 'carve.quantization': text: 1:2: expected a key in double quotes, found the end of the text"),
                Arguments.of("[]", "__metadata__: 'carve.quantization': expected an object, found []"),
                Arguments.of(
                        "{'Q2_K':['a']}",
                        "__metadata__: 'carve.quantization': no quantised type 'Q2_K'; there are Q8_0, Q4_0, Q4_1, Q5_0,"
                                + " Q5_1, Q4_K, Q5_K, Q6_K"),
                Arguments.of(
                        "{'Q8_0':'a'}",
                        "__metadata__: 'carve.quantization': Q8_0: expected an array of names, found \"a\""),
                Arguments.of("{'Q8_0':[1]}", "__metadata__: 'carve.quantization': Q8_0: expected names, found 1"),
                Arguments.of("{'Q8_0':['c']}", "__metadata__: 'carve.quantization': Q8_0: there is no tensor 'c'"),
                Arguments.of(
                        "{'Q8_0':['b']}",
                        "tensor 'b': I8 (34) cannot be blocks of Q8_0; U8 with a last extent that is a multiple of 34"
                                + " expected"),
                Arguments.of(
                        "{'Q4_0':['a']}",
                        "tensor 'a': U8 (34) cannot be blocks of Q4_0; U8 with a last extent that is a multiple of 18"
                                + " expected"));
    }

    @ParameterizedTest
    @MethodSource
    void hostileQuantisation(String text, String problem) throws IOException {
        String header = "{\"__metadata__\":{\"carve.quantization\":\"%s\"},".formatted(text.replace("'", "\\\""))
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[34],\"data_offsets\":[0,34]},"
                + "\"b\":{\"dtype\":\"I8\",\"shape\":[34],\"data_offsets\":[34,68]}}";
        Path file = TensorFiles.file(folder, header, 68);
        assertEquals(file + ": " + problem, refusal(file));
    }

    @Test
    void sparseFilesOverFourGibibytesAreMapped() throws IOException {
        long bytes = 5L << 30;
        String header =
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[%d,%d],\"data_offsets\":[0,%d]},\"z\":{\"dtype\":\"I32\",\"shape\":[2],"
                                .formatted(5, 1 << 30, bytes)
                        + "\"data_offsets\":[%d,%d]}}".formatted(bytes, bytes + 8);
        Path file = TensorFiles.file(folder, header, 0);
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            long end = sparse.length() + bytes + 8;
            sparse.setLength(end);
            sparse.seek(end - 8);
            sparse.write(new byte[] {1, 2, 3, 4, 5, 6, 7, 8});
        }
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            assertEquals(bytes, tensors.data("a").byteSize());
            assertEquals(0, tensors.data("a").get(ValueLayout.JAVA_BYTE, bytes - 1));
            assertArrayEquals(new int[] {0x04030201, 0x08070605}, DTypeConversion.ints(DType.I32, tensors.data("z")));
        }
    }

    @Test
    void everyFixtureIsWrittenBackByteForByte() throws IOException {
        List<Path> files;
        try (var all = Files.walk(TensorFiles.fixtures())) {
            files = all.filter(file -> file.toString().endsWith(".safetensors")).toList();
        }
        assertFalse(files.isEmpty());
        for (Path file : files) {
            Path copy = folder.resolve("copy.safetensors");
            try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
                SafeTensorsWriter.write(copy, tensors, tensors.metadata());
            }
            assertEquals(-1, Files.mismatch(file, copy), file.toString());
        }
    }
}
