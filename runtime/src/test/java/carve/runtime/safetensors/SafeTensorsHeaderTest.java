package carve.runtime.safetensors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests that malformed headers are refused with all of their problems. */
final class SafeTensorsHeaderTest {
    @TempDir
    private Path folder;

    private static String refusal(Path file) {
        return assertThrows(CheckpointException.class, () -> SafeTensorsFile.open(file))
                .getMessage();
    }

    private static Arguments header(String header, int dataBytes, String problem) {
        return Arguments.of(header.replace('\'', '"'), dataBytes, problem);
    }

    static Stream<Arguments> hostileHeaders() {
        return Stream.of(
                header("[]", 0, "header: expected an object, found []"),
                header("", 0, "header: 1:1: expected a value, found the end of the text"),
                header("{'a':", 0, "header: 1:6: expected a value, found the end of the text"),
                header("{'a':1}", 0, "tensor 'a': expected an object with dtype, shape and data_offsets, found 1"),
                header("{'a':{'shape':[1],'data_offsets':[0,4]}}", 4, "tensor 'a': expected dtype, found none"),
                header("{'a':{'dtype':'F32','data_offsets':[0,4]}}", 4, "tensor 'a': expected shape, found none"),
                header("{'a':{'dtype':'F32','shape':[1]}}", 4, "tensor 'a': expected data_offsets, found none"),
                header(
                        "{'a':{'dtype':32,'shape':[1],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': dtype: expected a string, found 32"),
                header(
                        "{'a':{'dtype':'COMPLEX','shape':[4],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': no dtype 'COMPLEX'; there are BF16, BOOL, F8_E4M3, F8_E5M2, F16, F32, F64, I8, I16, I32, I64, U8"),
                header(
                        "{'a':{'dtype':'f32','shape':[1],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': no dtype 'f32'; "
                                + "there are BF16, BOOL, F8_E4M3, F8_E5M2, F16, F32, F64, I8, I16, I32, I64, U8 (did you mean 'F32'?)"),
                header(
                        "{'a':{'dtype':'F32','shape':1,'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': shape: expected an array, found 1"),
                header(
                        "{'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': shape: expected whole numbers from 0 to 9223372036854775807, found -1"),
                header(
                        "{'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': shape: expected whole numbers from 0 to 9223372036854775807, found 1.0"),
                header(
                        "{'a':{'dtype':'F32','shape':[99999999999999999999],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': shape: expected whole numbers from 0 to 9223372036854775807, found 99999999999999999999"),
                header(
                        "{'a':{'dtype':'F32','shape':[1,3000000000],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': shape: extent 3000000000 of axis 1 is more than the limit of 2147483647"),
                header(
                        "{'a':{'dtype':'F32','shape':[2147483647,2147483647,2147483647],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': F32 (2147483647, 2147483647, 2147483647) takes more than 9223372036854775807 bytes"),
                header(
                        "{'a':{'dtype':'F64','shape':[2147483647,2147483647],'data_offsets':[0,4]}}",
                        4,
                        "tensor 'a': F64 (2147483647, 2147483647) takes more than 9223372036854775807 bytes"),
                header(
                        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4]}}",
                        4,
                        "tensor 'a': data_offsets: expected begin and end, found [4]"),
                header(
                        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[-4,0]}}",
                        4,
                        "tensor 'a': data_offsets: expected whole numbers from 0 to 9223372036854775807, found -4"),
                header(
                        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}}",
                        4,
                        "tensor 'a': data_offsets: the end comes before the begin, [4, 0]"),
                header(
                        "{'a':{'dtype':'F32','shape':[2,3],'data_offsets':[0,20]}}",
                        20,
                        "tensor 'a': F32 (2, 3) takes 24 bytes, data_offsets [0, 20] hold 20"),
                header(
                        "{'a':{'dtype':'BF16','shape':[2,3],'data_offsets':[0,24]}}",
                        24,
                        "tensor 'a': BF16 (2, 3) takes 12 bytes, data_offsets [0, 24] hold 24"),
                header(
                        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
                        7,
                        "the header wants 8 bytes of values and 7 follow it; tensor 'a' is the first one cut off, "
                                + "is the file truncated?"),
                header(
                        "{'b':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'a':{'dtype':'F32','shape':[2],"
                                + "'data_offsets':[8,16]},'c':{'dtype':'F32','shape':[],'data_offsets':[16,20]}}",
                        10,
                        "the header wants 20 bytes of values and 10 follow it; tensor 'a' is the first one cut off, "
                                + "is the file truncated?"),
                header(
                        "{'a':{'dtype':'U8','shape':[1],'data_offsets':[9223372036854775806,9223372036854775807]}}",
                        4,
                        "the header wants 9223372036854775807 bytes of values and 4 follow it; tensor 'a' is the first one "
                                + "cut off, is the file truncated?"),
                header(
                        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}}",
                        12,
                        "bytes 8 to 12 of the values belong to no tensor"),
                header(
                        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[4,12]}}",
                        12,
                        "bytes 0 to 4 of the values belong to no tensor"),
                header("{}", 1, "bytes 0 to 1 of the values belong to no tensor"),
                header(
                        "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[2],"
                                + "'data_offsets':[4,12]}}",
                        12,
                        "tensors 'a' and 'b' overlap: one ends at 8, the other begins at 4"),
                header(
                        "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},'b':{'dtype':'F32','shape':[1],"
                                + "'data_offsets':[4,8]},'c':{'dtype':'F32','shape':[1],'data_offsets':[12,16]}}",
                        16,
                        "2 problems:\n  tensors 'a' and 'b' overlap: one ends at 16, the other begins at 4\n"
                                + "  tensors 'a' and 'c' overlap: one ends at 16, the other begins at 12"),
                header(
                        "{'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'a':{'dtype':'F32','shape':[1],"
                                + "'data_offsets':[4,8]}}",
                        8,
                        "header: 1:55: duplicate key \"a\""),
                header("{'__metadata__':[]}", 0, "__metadata__: expected an object of strings or null, found []"),
                header(
                        "{'__metadata__':{'format':1,'x':null}}",
                        0,
                        "2 problems:\n  __metadata__: 'format': expected a string, found 1\n"
                                + "  __metadata__: 'x': expected a string, found null"),
                header(
                        "{'t.10':{},'t.9':7,'ok':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}}",
                        4,
                        "2 problems:\n  tensor 't.9': expected an object with dtype, shape and data_offsets, found 7\n"
                                + "  tensor 't.10': expected dtype, found none"));
    }

    @ParameterizedTest
    @MethodSource("hostileHeaders")
    void brokenHeadersAreRefused(String header, int dataBytes, String problem) throws IOException {
        Path file = TensorFiles.file(folder, header, dataBytes);
        assertEquals(file + ": " + problem, refusal(file));
        Files.delete(file);
    }

    @Test
    void headersLongerThanTheFileAreRefused() throws IOException {
        Path file = TensorFiles.file(folder, 1000, "{}".getBytes(StandardCharsets.UTF_8), 0);
        assertEquals(file + ": the header ends at byte 1008, the file at byte 10; is it truncated?", refusal(file));
    }

    @Test
    void headersLongerThanTheLimitAreRefused() throws IOException {
        Path file = TensorFiles.file(folder, 100_000_001, new byte[0], 0);
        assertEquals(
                file + ": the header's length is 100000001 bytes, the limit is 100000000; is this a safetensors file?",
                refusal(file));
        file = TensorFiles.file(folder, -1, new byte[0], 0);
        assertEquals(
                file + ": the header's length is 18446744073709551615 bytes, the limit is 100000000; "
                        + "is this a safetensors file?",
                refusal(file));
    }

    @Test
    void headersThatAreNotUtf8AreRefused() throws IOException {
        Path file = TensorFiles.file(folder, 4, new byte[] {'{', '"', (byte) 0xff, '}'}, 0);
        assertEquals(file + ": header: expected UTF-8, found bytes that are not", refusal(file));
    }

    @Test
    void headersOfVeryManyValuesAreRefused() throws IOException {
        Path file = TensorFiles.file(folder, "{\"x\": [" + "0,".repeat(8 << 20) + "0]}", 0);
        String message = assertThrows(CheckpointException.class, () -> SafeTensorsFile.open(file))
                .getMessage();
        assertTrue(message.endsWith("there are more values than the limit of 3000000"), message);
    }
}
