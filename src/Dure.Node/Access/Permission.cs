namespace Dure.Node.Access;

/// <summary>What a caller may do; each endpoint asks for one. The names stand in tokens and in refusals.</summary>
public static class Permission
{
    public const string Read = "read";
    public const string Ingest = "ingest";
    public const string Curate = "curate";
    public const string Share = "share";
    public const string Train = "train";
    public const string Deploy = "deploy";
    public const string Report = "report";
    public const string Claim = "claim";
    public const string Administer = "administer";

    /// <summary>Plan campaigns of experiments, start and pause them, veto trials, enter results, stop the laboratory.</summary>
    public const string Experiment = "experiment";

    /// <summary>Agree to campaigns and trials, take instruments in, release the laboratory.</summary>
    public const string Approve = "approve";

    public static IReadOnlyList<string> All { get; } = [Read, Ingest, Curate, Share, Train, Deploy, Report, Claim, Administer, Experiment, Approve];
}

/// <summary>A person's role in the organisation and the permissions that come with it.</summary>
public static class Role
{
    public const string Administrator = "administrator";

    private static readonly Dictionary<string, string[]> Permissions = new(StringComparer.Ordinal)
    {
        ["viewer"] = [Permission.Read],
        ["engineer"] = [Permission.Read, Permission.Ingest, Permission.Curate, Permission.Share, Permission.Train, Permission.Deploy, Permission.Claim, Permission.Experiment, Permission.Approve],
        ["steward"] = [Permission.Read, Permission.Curate, Permission.Share],
        ["officer"] = [Permission.Read, Permission.Claim],
        [Administrator] = [.. Permission.All],
    };

    public static IReadOnlyCollection<string> Names => Permissions.Keys;

    /// <summary>The permissions of a role; none for a name that is not a role.</summary>
    public static IReadOnlyList<string> PermissionsOf(string role) => Permissions.GetValueOrDefault(role) ?? [];
}
