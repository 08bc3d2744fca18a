/**
 * The SPI of mixers, the layers that move information between positions.
 *
 * <p>A third party writes a record that implements {@link carve.api.mixer.Mixer}, a {@link
 * carve.api.mixer.MixerProvider} that names and makes it, and declares {@code provides carve.api.mixer.MixerProvider with
 * my.mixer.Provider} in its module. Defaults of its settings live in {@code reference.conf} beside the provider. The
 * mixer is finished when a test of its that extends {@code MixerContract} is green.
 *
 * <pre>{@code
 * public final class Provider implements MixerProvider {
 *     public String name() { return "retention"; }
 *     public Mixer create(MixerDims dims, Settings settings) { return new Retention(dims, settings.real("decay")); }
 * }
 * }</pre>
 */
package carve.api.mixer;
