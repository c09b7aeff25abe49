using System.Globalization;
using System.Text;

namespace Dure.Optimize.Designs.Plots;

/// <summary>
/// A plot as SVG text: axes with round numbers, in the colour of the text around it (currentColor), so that it fits light and dark pages; with a title and a
/// description for screen readers.
/// </summary>
internal sealed class SvgFrame
{
    public const int Width = 480, Height = 320;
    private const int Left = 64, Right = 16, Top = 36, Bottom = 48;

    private readonly StringBuilder body = new();
    private readonly (double Low, double High) x, y;

    public SvgFrame(PlotText text, (double Low, double High) x, (double Low, double High) y, bool hasXNumbers = true, bool hasYNumbers = true)
    {
        (this.x, this.y) = (Widened(x), Widened(y));
        body.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{Escaped(text.Title)}\" fill=\"none\" stroke=\"currentColor\" font-family=\"sans-serif\" font-size=\"11\">")
            .Append("<title>").Append(Escaped(text.Title)).Append("</title>");
        if (text.Description.Length > 0)
            body.Append("<desc>").Append(Escaped(text.Description)).Append("</desc>");
        Write(Width / 2.0, 20, text.Title, "middle", 13);
        Write((Left + Width - Right) / 2.0, Height - 10, text.X, "middle");
        body.Append(CultureInfo.InvariantCulture, $"<g transform=\"rotate(-90 14 {(Top + Height - Bottom) / 2})\">");
        Write(14, (Top + Height - Bottom) / 2.0, text.Y, "middle");
        body.Append("</g>");
        Path([(this.x.Low, this.y.High), (this.x.Low, this.y.Low), (this.x.High, this.y.Low)]);
        foreach (var tick in hasXNumbers ? Ticks(this.x) : [])
            XLabel(tick, Number(tick));
        foreach (var tick in hasYNumbers ? Ticks(this.y) : [])
            YLabel(tick, Number(tick));
    }

    public void XLabel(double at, string text)
    {
        Line(X(at), Height - Bottom, X(at), Height - Bottom + 4);
        Write(X(at), Height - Bottom + 16, text, "middle");
    }

    public void YLabel(double at, string text)
    {
        Line(Left - 4, Y(at), Left, Y(at));
        Write(Left - 7, Y(at) + 4, text, "end");
    }

    public void Dot(double atX, double atY, string says)
    {
        body.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(atX):0.##}\" cy=\"{Y(atY):0.##}\" r=\"3\" fill=\"currentColor\" stroke=\"none\"><title>{Escaped(says)}</title></circle>");
    }

    public void Text(double atX, double atY, string text, string anchor = "start") => Write(X(atX) + (anchor == "start" ? 6 : anchor == "end" ? -6 : 0), Y(atY) + 4, text, anchor);

    public void Path(IReadOnlyList<(double X, double Y)> points, string style = "")
    {
        body.Append("<path d=\"");
        for (var i = 0; i < points.Count; i++)
            body.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{X(points[i].X):0.##} {Y(points[i].Y):0.##}");
        body.Append(CultureInfo.InvariantCulture, $"\" {style}/>");
    }

    /// <summary>Many short lines as one path.</summary>
    public void Segments(IReadOnlyList<((double X, double Y) A, (double X, double Y) B)> lines)
    {
        if (lines.Count == 0)
            return;
        body.Append("<path d=\"");
        foreach (var (a, b) in lines)
            body.Append(CultureInfo.InvariantCulture, $"M{X(a.X):0.##} {Y(a.Y):0.##}L{X(b.X):0.##} {Y(b.Y):0.##}");
        body.Append("\"/>");
    }

    /// <summary>A line across the whole plot at a value.</summary>
    public void AcrossX(double at, string label)
    {
        Path([(at, y.Low), (at, y.High)], "stroke-dasharray=\"4 3\" opacity=\"0.7\"");
        Write(X(at), Top - 4, label, "middle");
    }

    public void AcrossY(double at, string label)
    {
        Path([(x.Low, at), (x.High, at)], "stroke-dasharray=\"4 3\" opacity=\"0.7\"");
        Write(Width - Right, Y(at) - 4, label, "end");
    }

    public void Bar(double from, double to, double atY, double half, string says)
    {
        var (left, right) = (Math.Min(X(from), X(to)), Math.Max(X(from), X(to)));
        body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{left:0.##}\" y=\"{Y(atY + half):0.##}\" width=\"{right - left:0.##}\" height=\"{Y(atY - half) - Y(atY + half):0.##}\" fill=\"currentColor\" fill-opacity=\"0.5\"><title>{Escaped(says)}</title></rect>");
    }

    public override string ToString() => body + "</svg>";

    public static string Number(double value) => (Math.Abs(value) < 1e-12 ? 0 : value).ToString("G5", CultureInfo.InvariantCulture);

    /// <summary>Round numbers within two ends: steps of 1, 2 or 5 times a power of ten.</summary>
    public static IReadOnlyList<double> Ticks((double Low, double High) range, int about = 5)
    {
        var raw = (range.High - range.Low) / about;
        var power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = power * (raw / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        var (first, last) = (Math.Ceiling(range.Low / step - 1e-9), Math.Floor(range.High / step + 1e-9));
        return [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)];
    }

    private double X(double value) => Left + (value - x.Low) / (x.High - x.Low) * (Width - Left - Right);

    private double Y(double value) => Height - Bottom - (value - y.Low) / (y.High - y.Low) * (Height - Top - Bottom);

    private void Line(double x1, double y1, double x2, double y2) => body.Append(CultureInfo.InvariantCulture, $"<path d=\"M{x1:0.##} {y1:0.##}L{x2:0.##} {y2:0.##}\"/>");

    private void Write(double atX, double atY, string text, string anchor, int size = 11)
    {
        if (text.Length > 0)
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{atX:0.##}\" y=\"{atY:0.##}\" text-anchor=\"{anchor}\" font-size=\"{size}\" fill=\"currentColor\" stroke=\"none\">{Escaped(text)}</text>");
    }

    private static (double Low, double High) Widened((double Low, double High) range) =>
        range.High - range.Low > 1e-12 * Math.Max(Math.Abs(range.High), Math.Abs(range.Low)) ? range : (range.Low - Math.Max(1e-9, Math.Abs(range.Low) * 0.01) - 0.5, range.High + Math.Max(1e-9, Math.Abs(range.High) * 0.01) + 0.5);

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var letter in text)
            escaped.Append(letter switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '"' => "&quot;", < ' ' => " ", _ => letter.ToString() });
        return escaped.ToString();
    }
}
