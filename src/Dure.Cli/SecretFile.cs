namespace Dure.Cli;

/// <summary>Writes a secret so that only its owner can read it, from the first byte on.</summary>
internal static class SecretFile
{
    public static async Task Write(string path, string secret, CancellationToken cancel)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(path, options);
        await writer.WriteAsync(secret.AsMemory(), cancel);
    }
}
