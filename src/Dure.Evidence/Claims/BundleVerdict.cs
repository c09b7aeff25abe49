namespace Dure.Evidence;

/// <summary>One step of checking a bundle: what was looked at, whether it holds, and what was found.</summary>
public sealed record BundleCheck(string Name, bool IsPassed, string Detail)
{
    public override string ToString() => $"{(IsPassed ? "ok  " : "FAIL")} {Name}: {Detail}";
}

/// <summary>What checking a claim bundle found: the steps in order, up to the first that failed.</summary>
public abstract record BundleVerdict
{
    private BundleVerdict(IReadOnlyList<BundleCheck> checks) => Checks = checks;

    public IReadOnlyList<BundleCheck> Checks { get; }

    public bool IsValid => this is Valid;

    /// <summary>Everything holds.</summary>
    public sealed record Valid : BundleVerdict
    {
        internal Valid(IReadOnlyList<BundleCheck> checks, ClaimBundle bundle) : base(checks) => Bundle = bundle;

        public ClaimBundle Bundle { get; }
    }

    /// <summary>Something was changed, left out or added; <see cref="Fault"/> names the first such thing.</summary>
    public sealed record Invalid : BundleVerdict
    {
        internal Invalid(IReadOnlyList<BundleCheck> checks, BundleFault fault) : base(checks) => Fault = fault;

        public BundleFault Fault { get; }
    }
}

/// <summary>The first wrong thing in a bundle.</summary>
/// <param name="Check">The step that found it.</param>
/// <param name="What">What is wrong, with expected and actual where there are such.</param>
/// <param name="Entry">The entry's number, where it belongs to one.</param>
/// <param name="Byte">The place in the file, counted from 0, where the changed part begins or can be told.</param>
public sealed record BundleFault(string Check, string What, long? Entry = null, long? Byte = null)
{
    public override string ToString() =>
        (Entry is { } entry ? $"Entry {entry}: " : "") + What + (Byte is { } place ? $" (at byte {place} of the file)" : "");
}
