package carve.app.report;

/** A drawing surface for boxes, lines and texts, in pixels from the top left. Used by one thread. */
interface Canvas {
    /** The end of a text that is at its place. */
    enum Anchor {
        /** The text begins there. */
        START,
        /** Its middle is there. */
        MIDDLE,
        /** The text ends there. */
        END
    }

    /**
     * The style of a text.
     *
     * @param size in pixels
     * @param colour such as {@code #224466}
     * @param bold whether it is bold
     */
    record Style(double size, String colour, boolean bold) {}

    /** Draws a box that is filled with a colour, with corners rounded by a radius. */
    void rectangle(double x, double y, double width, double height, double radius, String colour);

    /** Draws a line of a width. */
    void line(double fromX, double fromY, double toX, double toY, double width, String colour);

    /** Writes a text whose baseline is at y. */
    void text(double x, double y, Anchor anchor, Style style, String text);

    /** Returns the content of the file. */
    byte[] bytes();
}
