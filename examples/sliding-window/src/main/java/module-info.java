/** The mixer {@code sliding-window}: attention to the last positions alone. */
module examples.slidingwindow {
    requires carve.api;

    provides carve.api.mixer.MixerProvider with
            examples.slidingwindow.SlidingWindowAttention.Provider;
}
