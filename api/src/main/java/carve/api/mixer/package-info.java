/**
 * The SPI of mixers, the layers that move information between positions.
 *
 * <p>A third party writes a record that implements {@link carve.api.mixer.Mixer}, a {@link
 * carve.api.mixer.MixerProvider} that names and makes it, and declares {@code provides carve.api.mixer.MixerProvider with
 * my.mixer.Provider} in its module. Defaults of its settings live in {@code reference.conf} beside the provider. The
 * mixer is finished when a test of its that extends {@code MixerContract} is green.
 *
 * <p>A mixer declares its parameters and its state as data. The caller owns the memory of both: a {@link
 * carve.api.mixer.MixerState} is the state of a sequence, and {@link carve.api.mixer.StateSlots} are those of a batch, side by
 * side in the device's memory, so that every mixer is batched without code of its own.
 *
 * <pre>{@code
 * public final class Provider implements MixerProvider {
 *     public String name() { return "retention"; }
 *     public Mixer create(LayerConfig config, Settings settings) { return new Retention(config, settings.real("decay")); }
 * }
 * }</pre>
 */
package carve.api.mixer;
