namespace Dure.Web.Parts;

/// <summary>One bar of a chart: a length of 0 to 1 of the longest, and the figure that stands behind it, with what is told beside it, such as its interval.</summary>
public sealed record Bar(string Label, double Length, string Figure, string Class = "bar", string? Beside = null);

/// <summary>One interval of a chart, in the chart's unit.</summary>
public sealed record Span(string Label, double Estimate, double Low, double High, bool IsReference = false);

/// <summary>One line of a chart, or one kind of dots.</summary>
/// <param name="Class">How it is drawn: a class of the style sheet.</param>
public sealed record ChartLine(string Label, string Class, IReadOnlyList<(double X, double Y)> Points, bool IsDots = false);
