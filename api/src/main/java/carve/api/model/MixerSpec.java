package carve.api.model;

import carve.api.config.SettingsNode;
import java.util.Map;

/**
 * The mixer of a layer in a plan, with its settings.
 *
 * @param name the name of its mixer, or {@link #KEEP}
 * @param settings settings of the mixer that differ from its defaults, and where they were written
 */
public record MixerSpec(String name, SettingsNode.Section settings) {
    /** The word that leaves a layer as the teacher has it. */
    public static final String KEEP = "keep";

    /** The setting that says how a mixer's parameters begin, which is no part of what a trained model is. */
    public static final String INIT = "init";

    /** Returns the choice of a mixer with its defaults. */
    public static MixerSpec of(String mixer) {
        return of(mixer, "plan");
    }

    /** Returns the choice of a mixer with its defaults, that was written somewhere. */
    public static MixerSpec of(String mixer, String origin) {
        return new MixerSpec(mixer, new SettingsNode.Section(Map.of(), origin));
    }

    /** Returns whether the layer stays as it is. */
    public boolean isKeep() {
        return name.equals(KEEP);
    }

    /** Returns where it was written, such as {@code hybrid.conf: 5: key 'layers', entry 2}. */
    public String origin() {
        return settings.origin();
    }
}
