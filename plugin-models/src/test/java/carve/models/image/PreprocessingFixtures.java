package carve.models.image;

import carve.runtime.safetensors.SafeTensorsFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;

/** The tensors of {@code preprocess/pixels.safetensors} and the pictures beside it. */
final class PreprocessingFixtures {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final SafeTensorsFile tensors = SafeTensorsFile.open(folder().resolve("pixels.safetensors"));

    static Path folder() {
        return Path.of(System.getProperty("carve.fixtures", "../fixtures"), "preprocess");
    }

    static RgbImage image(String name) {
        return ImageDecoder.standard().read(folder().resolve(name + ".png"));
    }

    List<String> names(String prefix) {
        return tensors.names().stream()
                .filter(name -> name.startsWith(prefix))
                .sorted()
                .toList();
    }

    int[] extents(String name) {
        return tensors.type(name).shape().extents();
    }

    byte[] bytes(String name) {
        return tensors.data(name).toArray(ValueLayout.JAVA_BYTE);
    }

    float[] floats(String name) {
        MemorySegment data = tensors.data(name);
        float[] result = new float[(int) (data.byteSize() / Float.BYTES)];
        MemorySegment.copy(data, FLOAT, 0, result, 0, result.length);
        return result;
    }

    double[] doubles(String name) {
        MemorySegment data = tensors.data(name);
        double[] result = new double[(int) (data.byteSize() / Double.BYTES)];
        MemorySegment.copy(data, DOUBLE, 0, result, 0, result.length);
        return result;
    }
}
