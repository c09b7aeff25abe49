namespace Dure.Kernel;

/// <summary>A refusal in words a user can act on: what is wrong, where, and how to mend it.</summary>
/// <param name="Type">Stable name, such as <c>urn:dure:historian:unknown-signal</c>.</param>
/// <param name="What">What is wrong, with the values that show it.</param>
/// <param name="Where">The file and line, signal, entry or field it was found in.</param>
/// <param name="Mend">What to do about it.</param>
public sealed record Problem(string Type, string What, string Where, string Mend)
{
    public override string ToString() => $"{Where}: {What} {Mend}";
}

/// <summary>Ends an operation because of a <see cref="Problem"/>; doors turn it into a problem document or a message.</summary>
public sealed class ProblemException : Exception
{
    public ProblemException(Problem problem, Exception? cause = null) : base(problem.ToString(), cause) => Problem = problem;

    public ProblemException(string type, string what, string where, string mend, Exception? cause = null)
        : this(new Problem(type, what, where, mend), cause)
    {
    }

    public Problem Problem { get; }
}
