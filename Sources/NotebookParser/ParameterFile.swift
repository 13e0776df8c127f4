public import NotebookModel
public import SourceText

/// Values for parameters in a YAML or JSON file: names and values, as under `params:`.
public enum ParameterFile {
    /// Reads the values; what is wrong with them is in the diagnostics.
    public static func parse(_ file: SourceFile) -> ([Parameter], [Diagnostic]) {
        var reader = FrontMatterReader(file: file)
        let parameters = reader.readParameters()
        return (parameters, reader.diagnostics)
    }
}
