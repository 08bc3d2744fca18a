package carve.models.data;

/** The colours of shapes, saturated and far from each other and from both backgrounds. */
public enum Colour {
    /** Red. */
    RED("red", 220, 35, 35),
    /** Green. */
    GREEN("green", 35, 165, 60),
    /** Blue. */
    BLUE("blue", 45, 75, 225),
    /** Yellow. */
    YELLOW("yellow", 240, 205, 30),
    /** Purple. */
    PURPLE("purple", 160, 45, 195),
    /** Cyan. */
    CYAN("cyan", 40, 200, 215);

    private final String word;
    private final int red;
    private final int green;
    private final int blue;

    Colour(String word, int red, int green, int blue) {
        this.word = word;
        this.red = red;
        this.green = green;
        this.blue = blue;
    }

    /** Returns the word in questions and answers. */
    public String word() {
        return word;
    }

    /** Returns the sample of a channel in 0..255; 0 is red, 1 green, 2 blue. */
    public int channel(int channel) {
        return channel == 0 ? red : channel == 1 ? green : blue;
    }
}
