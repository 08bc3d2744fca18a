package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSources;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cpu.config.CpuConfig;
import carve.cpu.kernel.KernelContext;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import carve.testkit.Retention;
import carve.testkit.SmallFamily;
import carve.testkit.SmallModels;
import carve.testkit.TensorValues;
import carve.testkit.TestMixerCatalog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights are read where the file is mapped, for as long as a model needs them. */
final class MappedWeightsTest {
    private static final MixerCatalog MIXERS = TestMixerCatalog.of(new Retention.Provider());

    @TempDir
    private Path folder;

    private static CpuDevice device(boolean maps) {
        return new CpuDevice(new CpuConfig(
                2,
                CpuConfig.BlasMode.BUILTIN,
                CpuConfig.Bf16Mode.BUILTIN,
                CpuConfig.MachineCodeMode.AUTO,
                true,
                64,
                maps));
    }

    @Test
    void mappedValuesAreNotCopiedAndGivenBackOnce() {
        try (CpuDevice device = device(true);
                Arena arena = Arena.ofConfined()) {
            MemorySegment values = DTypeConversion.of(DType.F32, new float[] {1, 2, 3}, arena);
            int[] released = new int[1];
            Tensor x = Tensors.map(device, TensorType.f32(3), values.asReadOnly(), () -> released[0]++);
            assertEquals(values.address(), KernelContext.addressOf(x));
            assertArrayEquals(new float[] {2, 4, 6}, x.add(x).floats());
            assertEquals(0, released[0]);
            x.buffer().close();
            x.buffer().close();
            assertEquals(1, released[0]);
        }
    }

    @Test
    void whatCannotBeMappedIsCopiedAndGivenBackAtOnce() {
        int[] released = new int[1];
        try (CpuDevice copies = device(false);
                CpuDevice maps = device(true);
                Arena arena = Arena.ofConfined()) {
            MemorySegment values = DTypeConversion.of(DType.F32, new float[] {1, 2, 3}, arena);
            Tensor x = Tensors.map(copies, TensorType.f32(3), values, () -> released[0]++);
            assertEquals(1, released[0]);
            values.fill((byte) 0);
            assertArrayEquals(new float[] {1, 2, 3}, x.floats());
            float[] heap = {4, 5};
            Tensor y = Tensors.map(maps, TensorType.f32(2), MemorySegment.ofArray(heap), () -> released[0]++);
            assertEquals(2, released[0]);
            heap[0] = 0;
            assertArrayEquals(new float[] {4, 5}, y.floats());
        }
    }

    @Test
    void aModelOutlivesItsFolder() {
        write();
        ModelFolder opened = ModelFolder.open(folder, List.of(new SmallFamily()), MIXERS);
        Checkpoint checkpoint = opened.checkpoint();
        MemorySegment file = checkpoint.data(checkpoint.names().iterator().next());
        try (CpuDevice device = device(true);
                LoadedModel model = opened.load(device, WeightPrecision.AS_STORED);
                ReferenceDevice reference = new ReferenceDevice();
                LoadedModel expected = opened.load(reference, WeightPrecision.AS_STORED)) {
            opened.close();
            assertTrue(file.scope().isAlive(), "the model reads the file");
            model.params().asMap().forEach((name, tensor) -> {
                Tensor same = expected.params().get(name);
                assertEquals(same.type(), tensor.type(), name);
                assertEquals(-1, TensorValues.bytes(same).mismatch(TensorValues.bytes(tensor)), name);
            });
        }
        assertFalse(file.scope().isAlive(), "nobody reads the file any more");
        assertThrows(IllegalStateException.class, () -> file.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void weightsForTrainingAreCopied() {
        write();
        ModelFolder opened = ModelFolder.open(folder, List.of(new SmallFamily()), MIXERS);
        Checkpoint checkpoint = opened.checkpoint();
        MemorySegment file = checkpoint.data(checkpoint.names().iterator().next());
        try (Device device = device(true);
                LoadedModel model = opened.load(device, WeightPrecision.F32)) {
            opened.close();
            assertFalse(file.scope().isAlive());
            assertEquals(
                    DType.F32, model.params().get(model.spec().head().weight()).dtype());
        }
    }

    private void write() {
        try (ReferenceDevice reference = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(reference, 42)) {
            Map<String, TensorType> types = new LinkedHashMap<>();
            model.params().asMap().forEach((name, tensor) -> types.put("model." + name, tensor.type()));
            var tensors = TensorSources.of(
                    types, name -> TensorValues.bytes(model.params().get(name.substring("model.".length()))));
            new CheckpointWriter(folder)
                    .with(Checkpoint.CONFIG, SmallFamily.config("retention", "retention"))
                    .write(TensorSources.cast(
                            tensors, name -> types.get(name).shape().rank() == 2 ? DType.BF16 : DType.F32));
        }
    }
}
