package carve.runtime;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.nio.file.Path;
import java.util.List;

/** The origin of a model's weights. */
sealed interface ModelSource extends AutoCloseable {
    /** Returns the model with its weights on a device; the caller closes it. */
    LoadedModel load(Device device);

    /** Returns the tokenizer and chat template; the caller closes it. */
    Processor processor();

    /** Writes the model to a folder in Hugging Face layout, with the weights of the loaded model. */
    void save(LoadedModel model, Path folder);

    @Override
    void close();

    /** A model in a folder or a GGUF file. */
    record InFolder(ModelFolder folder) implements ModelSource {
        @Override
        public LoadedModel load(Device device) {
            return folder.load(device, WeightPrecision.AS_STORED);
        }

        @Override
        public Processor processor() {
            return folder.processor();
        }

        @Override
        public void save(LoadedModel model, Path to) {
            folder.save(model, to);
        }

        @Override
        public void close() {
            folder.close();
        }
    }

    /**
     * A converted model that is not in a folder yet.
     *
     * @param conversion makes its weights
     * @param teacher the teacher's folder
     * @param others folders of earlier students that the conversion reads
     */
    record Converted(Conversion conversion, ModelFolder teacher, List<ModelFolder> others) implements ModelSource {
        @Override
        public LoadedModel load(Device device) {
            return conversion.load(device, WeightPrecision.AS_STORED);
        }

        @Override
        public Processor processor() {
            return teacher.processor();
        }

        @Override
        public void save(LoadedModel model, Path to) {
            conversion.save(to, _ -> {});
        }

        @Override
        public void close() {
            others.forEach(ModelFolder::close);
            teacher.close();
        }
    }
}
