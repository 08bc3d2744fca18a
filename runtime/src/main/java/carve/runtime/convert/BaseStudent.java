package carve.runtime.convert;

import carve.api.checkpoint.TensorSource;
import carve.api.config.SettingsException;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.runtime.model.ModelFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * An earlier student of the same teacher, with fewer or other converted layers, that a conversion continues from.
 *
 * @param tensors its tensors, by the model's names
 * @param layers the indices of the layers that are copied from it
 */
record BaseStudent(TensorSource tensors, List<Integer> layers) {
    /** Returns a base without layers. */
    static BaseStudent none(TensorSource any) {
        return new BaseStudent(any, List.of());
    }

    /**
     * Returns the converted layers of a student that a folder has, too.
     *
     * @throws SettingsException if it is no student of this teacher, has another mixer in one of the layers, or none of them
     */
    static BaseStudent of(ModelFolder folder, ModelSpec teacher, ModelSpec student, List<Integer> converted) {
        ModelSpec earlier = folder.spec();
        if (!earlier.family().equals(student.family())
                || earlier.layers().size() != student.layers().size()
                || earlier.hidden() != student.hidden()) {
            throw new SettingsException("%s: expected an earlier student, %s; found %s"
                    .formatted(folder, described(student), described(earlier)));
        }
        List<Integer> layers = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (int layer : converted) {
            MixerSpec found = earlier.layers().get(layer).mixerSpec();
            MixerSpec planned = student.layers().get(layer).mixerSpec();
            if (Conversion.same(found, planned)) {
                layers.add(layer);
            } else if (!Conversion.same(found, teacher.layers().get(layer).mixerSpec())) {
                problems.add("layer %d: the student has %s, the plan has %s"
                        .formatted(layer, described(found), described(planned)));
            }
        }
        if (layers.isEmpty() && problems.isEmpty()) {
            problems.add(
                    "none of the layers that the plan converts, %s, is converted in the student".formatted(converted));
        }
        if (!problems.isEmpty()) {
            throw new SettingsException("%s: cannot continue from this student; it does not match the plan:\n  %s"
                    .formatted(folder, String.join("\n  ", problems)));
        }
        return new BaseStudent(folder.tensors(), List.copyOf(layers));
    }

    private static String described(ModelSpec spec) {
        return "%s of %d layers of width %d"
                .formatted(spec.family(), spec.layers().size(), spec.hidden());
    }

    private static String described(MixerSpec choice) {
        return Optional.of(choice.settings().without(MixerSpec.INIT).toMap())
                .filter(settings -> !settings.isEmpty())
                .map(settings -> choice.name() + " " + settings)
                .orElse(choice.name());
    }
}
