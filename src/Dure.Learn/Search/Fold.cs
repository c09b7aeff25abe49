namespace Dure.Learn.Search;

/// <summary>One way to part the rows that may be looked at: row numbers of those to learn from, those by which a learner stops early, and those it is judged by.</summary>
public sealed record Fold(int[] Learn, int[] Stop, int[] Judge);
