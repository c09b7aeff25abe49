namespace Dure.Optimize.Designs.Plots;

/// <summary>The words of a plot, in the reader's language.</summary>
/// <param name="Title">What it shows; also what a screen reader says.</param>
/// <param name="Description">What is to be seen in it, for those who do not see it; may be empty.</param>
public sealed record PlotText(string Title, string X, string Y, string Description = "");
