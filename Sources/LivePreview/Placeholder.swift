// LivePreview
